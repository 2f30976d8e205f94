"""What the model decided, in the words of the outside world."""

from __future__ import annotations

from typing import Any

from components.content.names import OUT_OF_SCOPE, is_out_of_scope, is_topic

FALLBACK = "nlu_fallback"
RANKING_LENGTH = 10


def outward(intent: str) -> str:
    """Return the name that an intent has outside: everything that is refused is `out_of_scope`."""
    return OUT_OF_SCOPE if is_out_of_scope(intent) else intent


def decision(parse: dict[str, Any]) -> dict[str, Any]:
    """Return {"lang", "intent", "confidence", "ranking"} of a Rasa parse.

    `intent` is the final decision: a topic or a small-talk intent, `out_of_scope` where the service would refuse or
    name another authority, `nlu_fallback` where it would offer choices; the offered topics then stand first in
    `ranking`.
    """
    intent = parse["intent"]["name"]
    ranking = [
        {"intent": item["name"], "confidence": round(float(item["confidence"]), 4)}
        for item in parse.get("intent_ranking") or []
    ]
    if intent == FALLBACK:
        ranking.sort(key=lambda item: not is_topic(item["intent"]))  # stable: both parts stay in order
    return {
        "lang": parse.get("language"),
        "intent": outward(intent),
        "confidence": round(float(parse["intent"]["confidence"]), 4),
        "ranking": ranking[:RANKING_LENGTH],
    }
