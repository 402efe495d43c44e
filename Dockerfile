# One image for the gateway, the workers and the set-up; the command says which. Debian, because Temporal's native
# core is built for glibc. The tag is exact; --build-arg NODE_IMAGE=node@sha256:... pins the bytes as well.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY src ./src
COPY tools/build.ts ./tools/build.ts
RUN npm run build

FROM ${NODE_IMAGE} AS dependencies
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Temporal's core comes for five platforms with 25 to 40 MB each; only this one is kept.
RUN npm ci --omit=dev && npm cache clean --force \
  && case "$(node -p process.arch)" in x64) keep=x86_64 ;; arm64) keep=aarch64 ;; *) echo "no Temporal core for this processor" >&2; exit 1 ;; esac \
  && cd node_modules/@temporalio/core-bridge/releases \
  && find . -mindepth 1 -maxdepth 1 ! -name "$keep-unknown-linux-gnu" -exec rm -rf {} + \
  && test -d "$keep-unknown-linux-gnu"

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    ORRERY_DATA_DIR=/data
WORKDIR /app
# A new named volume takes over the owner of the directory that it covers.
RUN install --directory --owner=10001 --group=10001 --mode=0750 /data
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
COPY docs/errors ./docs/errors
USER 10001:10001
VOLUME /data
EXPOSE 8080 8081
# Of the gateway; a worker is asked on ORRERY_WORKER_PORT (8081) instead. Alive, not ready: a container is not at
# fault when Temporal is away.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.ORRERY_PORT || 8080) + '/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--enable-source-maps"]
CMD ["dist/api/server.js"]
