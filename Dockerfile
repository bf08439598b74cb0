# The service with its network, on Python alone. `docker build -t numeral .`
#   docker run --read-only --cap-drop ALL -p 8000:8000 -v numeral:/data numeral
# Any user id works; everything it writes goes to /data.

FROM docker.io/library/python:3.13-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src

# What the service needs: this layer changes only with the lock.
COPY requirements/runtime.txt requirements/build.txt requirements/
RUN python -m venv --without-pip /opt/numeral \
 && pip --python /opt/numeral/bin/python install --require-hashes --only-binary :all: -r requirements/runtime.txt
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --require-hashes --only-binary :all: -r requirements/build.txt

# The service itself, as a wheel built with the locked tools.
COPY pyproject.toml README.md LICENSE ./
COPY model model
COPY service service
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && pip --python /opt/numeral/bin/python install --no-deps dist/*.whl


FROM docker.io/library/python:3.13-slim-trixie
LABEL org.opencontainers.image.title="Numeral" \
      org.opencontainers.image.description="Handwritten digits for other programs" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/numeral /opt/numeral

# Mode 1777: the user id is chosen where the container runs, and /data is the one place it may write to.
RUN mkdir --mode=1777 /data
ENV PATH=/opt/numeral/bin:$PATH \
    HOME=/data \
    TMPDIR=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NUMERAL_HOME=/data \
    NUMERAL_HOST=0.0.0.0 \
    NUMERAL_PORT=8000
VOLUME /data
WORKDIR /data
USER 65532:65532
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"NUMERAL_PORT\"]}/health/ready', timeout=2)"]
ENTRYPOINT ["numeral"]
CMD ["serve"]
