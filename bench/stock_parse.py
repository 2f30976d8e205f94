"""`python -m bench.stock_parse MODEL`: JSON lines {"id", "text"} to {"id", "intent", "ranking"} with a stock model."""

from __future__ import annotations

import asyncio
import json
import sys
import warnings


def main(model: str) -> int:
    """Parse standard input."""
    warnings.simplefilter("ignore")
    from rasa.core.agent import Agent

    agent = Agent.load(model)

    async def parse_all() -> None:
        for line in sys.stdin:
            question = json.loads(line)
            parse = await agent.parse_message(question["text"])
            ranking = [item["name"] for item in parse["intent_ranking"]]
            print(json.dumps({"id": question["id"], "intent": parse["intent"]["name"], "ranking": ranking}))

    asyncio.run(parse_all())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
