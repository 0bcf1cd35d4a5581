# GraphiQL is built by Node, the wheel by Python; what runs has neither compilers nor npm.

FROM node:22-bookworm-slim AS graphiql
WORKDIR /build
COPY app/graphiql/package.json app/graphiql/package-lock.json app/graphiql/.npmrc ./
RUN npm ci
COPY app/graphiql/ ./
RUN npm run build

FROM python:3.11-slim-bookworm AS installed
WORKDIR /build
COPY constraints.txt ./
RUN python -m venv /opt/chargegraph \
 && /opt/chargegraph/bin/python -m pip install --no-cache-dir --upgrade --constraint constraints.txt pip
COPY pyproject.toml README.md ./
COPY model/ model/
COPY vendors/ vendors/
COPY hub/ hub/
COPY resolvers/ resolvers/
COPY graph/ graph/
COPY app/ app/
COPY --from=graphiql /build/dist/ app/graphiql/dist/
RUN /opt/chargegraph/bin/python -m pip install --no-cache-dir --constraint constraints.txt --build-constraint constraints.txt .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/chargegraph chargegraph
COPY --from=installed /opt/chargegraph /opt/chargegraph
ENV PATH=/opt/chargegraph/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER chargegraph
WORKDIR /var/lib/chargegraph
VOLUME /var/lib/chargegraph
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["chargegraph"]
CMD ["serve", "--config", "/etc/chargegraph/chargegraph.toml"]
