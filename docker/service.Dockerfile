# The REST interface alone, without torch and Gradio: docs/SERVICE.md. Any user may run it, on a file system that is read-only.
# docker build -f docker/service.Dockerfile -t txst-service .
# docker run --read-only --tmpfs /tmp --cap-drop ALL -p 127.0.0.1:7860:7860 txst-service
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY txst txst
RUN python -m venv /opt/txst && /opt/txst/bin/pip install --no-cache-dir -c constraints.txt '.[service]' && \
    /opt/txst/bin/pip uninstall --yes pip

FROM python:3.12-slim
COPY --from=build /opt/txst /opt/txst
ENV PATH=/opt/txst/bin:$PATH PYTHONDONTWRITEBYTECODE=1
RUN useradd --uid 1000 painter
USER painter
EXPOSE 7860
HEALTHCHECK CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:7860/healthz', timeout=5)"]
ENTRYPOINT ["txst", "serve", "--no-page", "--host", "0.0.0.0", "--port", "7860"]
