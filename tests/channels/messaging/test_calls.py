"""Calls to platforms give a status and an object, and never let out an error that holds an address."""

from __future__ import annotations

import datetime
import email.utils
import traceback

import aiohttp
import pytest

from components.channels.messaging import calls
from components.channels.messaging.platform import TryAgainError
from tests.channels.messaging.calling import FakeApi


async def test_the_answer_is_a_status_and_an_object() -> None:
    async with FakeApi((201, {"sid": "SM1"}, {})) as api:
        assert await calls.post(api.session, api.url, form={"a": "b"}) == calls.Reply(201, None, {"sid": "SM1"})


@pytest.mark.parametrize("text", ["", "<html>", "[1]", '"text"', "[" * 50_000, '{"sid": "' + "x" * 100_000 + '"}'])
async def test_an_answer_that_is_no_object_is_an_empty_one(text: str) -> None:
    async with FakeApi((200, text, {})) as api:
        assert (await calls.post(api.session, api.url)).body == {}


@pytest.mark.parametrize(
    ("header", "after"),
    [
        ("7", 7.0),
        (" 12 ", 12.0),
        ("soon", None),
        ("-3", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", None),
        ("²", None),
    ],
)
async def test_retry_after_is_read(header: str, after: float | None) -> None:
    async with FakeApi((429, {}, {"Retry-After": header})) as api:
        assert (await calls.post(api.session, api.url)).after == after


async def test_retry_after_may_be_a_moment() -> None:
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=90)
    async with FakeApi((503, {}, {"Retry-After": email.utils.format_datetime(moment, usegmt=True)})) as api:
        after = (await calls.post(api.session, api.url)).after
    assert after is not None and 85 < after <= 90


async def test_a_redirect_is_not_followed() -> None:
    async with FakeApi((307, {}, {"Location": "/elsewhere"})) as api:
        assert (await calls.post(api.session, f"{api.url}/messages")).status == 307
        assert [call.path for call in api.calls] == ["/messages"]


async def test_a_platform_out_of_reach_is_tried_again_and_its_address_is_not_told() -> None:
    async with FakeApi() as api:
        url = f"{api.url}/+358457396128"
    async with aiohttp.ClientSession() as session:
        with pytest.raises(TryAgainError) as error:
            await calls.post(session, url)
    assert "358457396128" not in "".join(traceback.format_exception(error.value))
    assert error.value.__suppress_context__
    assert error.value.after is None
