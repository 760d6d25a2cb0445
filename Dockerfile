# Builds the binary with the pinned Bun, which scripts/bun installs over npm.
FROM node:22-bookworm-slim AS build
WORKDIR /posthorn
COPY package.json bun.lock bunfig.toml ./
COPY scripts/bun scripts/
RUN scripts/bun --version
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
ARG POSTHORN_COMMIT=
RUN scripts/build && install -d -m 0700 data

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin posthorn
COPY --from=build /posthorn/dist/posthorn /usr/local/bin/posthorn
COPY --from=build --chown=posthorn:posthorn /posthorn/data /data
USER posthorn
ENV POSTHORN_HOST=0.0.0.0 POSTHORN_DATA_DIR=/data
VOLUME /data
EXPOSE 8787
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s CMD ["posthorn", "healthcheck"]
ENTRYPOINT ["posthorn"]
CMD ["serve"]
