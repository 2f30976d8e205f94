# One image, several roles: `serve`, `actions` and `train` are subcommands of its entry point.

FROM python:3.10-slim-bookworm AS packages
WORKDIR /build
COPY requirements.lock ./
# Three packages exist as source only; without build isolation they are built by the tools that the base image carries,
# so nothing is downloaded whose hash is not in the lock file.
RUN python -m venv /opt/luotsi \
 && /opt/luotsi/bin/pip install --no-cache-dir --no-build-isolation --require-hashes -r requirements.lock


FROM python:3.10-slim-bookworm
RUN groupadd --system --gid 10001 luotsi \
 && useradd --system --uid 10001 --gid luotsi --home-dir /tmp --shell /usr/sbin/nologin luotsi

ENV PATH=/opt/luotsi/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    RASA_TELEMETRY_ENABLED=false \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    RASA_CACHE_DIRECTORY=/tmp/rasa-cache

COPY --from=packages /opt/luotsi /opt/luotsi
WORKDIR /app
COPY requirements.lock config.yml domain.yml endpoints.yml credentials.yml ./
COPY components components
COPY actions actions
COPY luotsi luotsi
COPY console console
COPY widget/static widget/static
COPY widget/demo widget/demo
COPY data data
COPY deploy/healthcheck.py deploy/healthcheck.py

# The code belongs to root and stays unchangeable; a new named volume takes over the owner of the folder it covers.
RUN python -m compileall -q components actions luotsi console \
 && install --directory --owner=luotsi --group=luotsi --mode=0750 models \
 && install --directory --owner=luotsi --group=luotsi --mode=0700 .luotsi

USER 10001:10001
EXPOSE 5005 5055 5080
ENTRYPOINT ["python", "-m", "luotsi.cli"]
CMD ["serve"]
