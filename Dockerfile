# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /app
COPY requirements.lock ./
RUN /app/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY api api
COPY lab lab
COPY tlc_analysis tlc_analysis
COPY alerts alerts
COPY templates templates
RUN /app/bin/pip install --no-deps .

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Drugcheck" \
      org.opencontainers.image.description="Laboratory information system for drug checking" \
      org.opencontainers.image.licenses="AGPL-3.0-or-later"
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin drugcheck \
    && install --directory --owner drugcheck --group drugcheck --mode 0700 /data /contact-keys
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DRUGCHECK_DATA_DIR=/data \
    DRUGCHECK_CONTACT_KEYS=/contact-keys
USER drugcheck
VOLUME /data /contact-keys
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["drugcheck"]
CMD ["serve", "--host", "0.0.0.0"]
