"""The benchmark: Luotsi beside stock Rasa, on the same content and in the same run (docs/benchmarks.md)."""

import os

# Before anything imports Rasa: it and its libraries read these while they are imported.
os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
