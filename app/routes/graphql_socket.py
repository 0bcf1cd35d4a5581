"""`/graphql` as a WebSocket: every operation, and streams above all."""

from fastapi import APIRouter
from starlette.websockets import WebSocket

from app.gateway import gateway_of
from app.graphql_socket import Conversation

router = APIRouter()


@router.websocket("/graphql")
async def converse(socket: WebSocket) -> None:
    """Hold one conversation."""
    await Conversation(gateway_of(socket), socket).hold()
