from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from luotsi.content_checks.links import check_links, faults
from tests.content.samples import answer_with, gift_entries


@pytest.mark.parametrize(
    ("address", "kind", "better"),
    [
        ("http://tulli.fi/lahjat", "scheme", "https://tulli.fi/lahjat"),
        ("tulli.fi/lahjat", "scheme", ""),
        ("/lahjat", "scheme", ""),
        ("https://intranet/lahjat", "host", ""),
        ("https://10.0.0.1/lahjat", "host", ""),
        ("https://10.0.0.100/lahjat", "host", ""),
        ("https://[::1]/lahjat", "host", ""),
        ("https://…", "host", ""),
        ("https://staging.tulli.fi/lahjat", "staging", ""),
        ("https://tulli-test.fi/lahjat", "staging", ""),
        ("https://tulli.netlify.app/lahjat", "staging", ""),
        ("https://webflow.withelva.com/resources", "staging", ""),
        ("https://tulli.fi/haku", "search", ""),
        ("https://valtioneuvosto.fi/en/search?q=citizenship", "search", ""),
        ("https://tulli.fi/search.html", "search", ""),
        ("https://tulli.fi/?query=lahja", "search", ""),
        ("https://yle.fi/a/3?origin=rss", "tracking", "https://yle.fi/a/3"),
        ("https://tulli.fi/a?lang=fi&utm_source=x", "tracking", "https://tulli.fi/a?lang=fi"),
        ("https://tulli.fi/a?fbclid=1", "tracking", "https://tulli.fi/a"),
        ("https://tulli.fi/la hjat", "space", ""),
        ("https://tulli.fi/la%20hjat", "space", ""),
        (" https://tulli.fi/lahjat", "space", "https://tulli.fi/lahjat"),
        ("https://tulli.fi/lahjat.", "punctuation", "https://tulli.fi/lahjat"),
        ("https://tulli.fi/lahjat),", "punctuation", "https://tulli.fi/lahjat"),
        ("https://tulli.fi//lahjat///a", "slashes", "https://tulli.fi/lahjat/a"),
    ],
)
def test_an_address_that_looks_dead_is_told(address: str, kind: str, better: str) -> None:
    assert [(fault.kind, fault.better) for fault in faults(address)][0] == (kind, better)


@pytest.mark.parametrize(
    "address",
    [
        "https://tulli.fi",
        "https://tulli.fi/",
        "https://www.vero.fi/ohje-hakusivu/48464/",
        "https://migri.fi/muutoksenhaku",
        "https://tulli.fi/yritykset/valtuuksien-haku",
        "https://www.sttinfo.fi/tiedote/71707922/x?lang=fi&publisherId=1",
        "https://migri.fi/-/nain-?languageId=en_US",
        "https://tulli.fi/-/tarkastuksia-5.2.2024",
        "https://latest.tulli.fi/a",
        "https://tulli.fi/a?refugee=1&original=2",
        "https://taxation-customs.ec.europa.eu/a#b",
    ],
)
def test_a_sound_address_is_in_order(address: str) -> None:
    assert list(faults(address)) == []


def test_an_address_may_have_several_faults() -> None:
    assert [fault.kind for fault in faults("http://test.tulli.fi//a?utm_id=1")] == [
        "scheme",
        "staging",
        "slashes",
        "tracking",
    ]


BAD = "https://staging.tulli.fi/lahjat"
PAGE = {"title": {"fi": "Sivu"}, "url": {"fi": BAD}}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        pytest.param({"links": [PAGE]}, f"fi: {BAD}", id="links"),
        pytest.param({"sources": [PAGE]}, f"fi: {BAD}", id="sources"),
        pytest.param(
            {"answer": {"fi": answer_with(f"[Sivu]({BAD}) on."), "en": answer_with("A page.")}},
            f"fi: '[Sivu]({BAD}) on.",
            id="answer",
        ),
        pytest.param(
            {"answer": {"fi": answer_with("Sivu."), "en": answer_with(f"See {BAD}.")}}, f"en: See {BAD}.", id="bare"
        ),
        pytest.param(
            {"plain": {"fi": f"Katso [sivu]({BAD}).", "en": "See the page."}}, f"fi: Katso [sivu]({BAD}).", id="plain"
        ),
    ],
)
def test_addresses_are_found_wherever_they_stand(tmp_path: Path, changes: dict[str, Any], line: str) -> None:
    (entry,) = gift_entries(tmp_path, **changes)

    (remark,) = check_links([entry])

    assert (remark.kind, remark.values["address"]) == ("staging", BAD)
    assert entry.path.read_text(encoding="utf-8").splitlines()[remark.line - 1].strip().startswith(line)


def test_a_fault_that_can_be_mended_by_its_shape_says_how(tmp_path: Path) -> None:
    page = {"title": {"fi": "Sivu"}, "url": {"fi": "https://yle.fi/a/3?origin=rss"}}
    entries = gift_entries(tmp_path, links=[page])

    (remark,) = check_links(entries)

    assert (remark.kind, remark.values["better"]) == ("tracking_mended", "https://yle.fi/a/3")
