from collections.abc import AsyncIterator

import pytest

from tests.vendors.bajie.stage import Stage, staged


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged() as it:
        yield it
