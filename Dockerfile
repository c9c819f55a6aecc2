# syntax=docker/dockerfile:1
# The image of every service in docker-compose.yml. Behind a mirror:
#   docker build --secret id=pip,src=$HOME/.config/pip/pip.conf .

FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# connectors.txt is all of base.txt and what `cartera fetch` needs, desk.txt what `cartera desk` does.
COPY requirements/connectors.txt requirements/desk.txt requirements/build.txt /tmp/requirements/
# The lock is complete, and pip would ask for a second pin where a package wants another's extra.
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    python -m venv /opt/venv \
    && /opt/venv/bin/pip install --require-hashes --no-deps \
        -r /tmp/requirements/connectors.txt -r /tmp/requirements/build.txt \
    && /opt/venv/bin/pip install --require-hashes --no-deps -r /tmp/requirements/desk.txt
WORKDIR /opt/cartera
COPY pyproject.toml README.md LICENSE ./
COPY cartera cartera
COPY ingestion ingestion
COPY expectations expectations
COPY dbt_project dbt_project
COPY dags dags
COPY tools/airflow_init.py tools/airflow_init.py
# Nobody may write the code later: what is parsed once is parsed here.
RUN /opt/venv/bin/pip install --no-index --no-deps --no-build-isolation --editable . \
    && /opt/venv/bin/python -c \
        "from cartera.arrows.classes import warehouse_classes as find; print(len(find()), 'tables')"

FROM python:3.11-slim-bookworm
# Any uid of group 0 may write the folders of data and of Airflow, nobody the code.
RUN useradd --uid 50000 --gid 0 --no-create-home --home-dir /opt/airflow cartera \
    && install -d -o 50000 -g 0 -m 2770 /opt/airflow /var/lib/cartera
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/cartera /opt/cartera
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOME=/opt/airflow \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/cartera/dags \
    CARTERA_HOME=/var/lib/cartera \
    DO_NOT_TRACK=1 \
    DBT_SEND_ANONYMOUS_USAGE_STATS=False \
    GX_ANALYTICS_ENABLED=False
WORKDIR /opt/cartera
USER 50000:0
CMD ["cartera", "--help"]
