# Datasets: fetched and verified once, decoded and resized once for each size, described by the extractor's features.
rule fetch:
    output:
        directory("data/raw/{raw}"),
    log:
        "logs/fetch/{raw}.log",
    conda:
        "../envs/pixcycle.yaml"
    params:
        plan=PLAN_FILE,
        dataset=dataset_of_raw,
    shell:
        "pixcycle job fetch {params.dataset:q} --plan {params.plan:q} --out {output:q} 2>&1 | tee {log:q}"


rule prepare:
    input:
        raw=ancient(raw_of_data),
    output:
        directory("data/prepared/{data}"),
    log:
        "logs/prepare/{data}.log",
    conda:
        "../envs/pixcycle.yaml"
    threads: threads_of_preparing
    params:
        plan=PLAN_FILE,
    shell:
        "pixcycle job prepare {wildcards.data:q} --plan {params.plan:q} --raw {input.raw:q} --out {output:q}"
        " --threads {threads} 2>&1 | tee {log:q}"


rule fetch_weights:
    output:
        "data/weights/{weights}-{fp}.pth",
    log:
        "logs/fetch/{weights}-{fp}.log",
    conda:
        "../envs/pixcycle.yaml"
    params:
        plan=PLAN_FILE,
    shell:
        "pixcycle job fetch-weights {wildcards.weights:q} --plan {params.plan:q} --out {output:q} 2>&1 | tee {log:q}"


rule data:
    input:
        [ancient(f"data/prepared/{key}") for key in PLAN.data],
        [ancient(f"data/features/{features_key(run.data, run.extractor)}") for run in PLAN.runs.values()],
        [ancient(f"data/segmenters/{run.segmenter}") for run in PLAN.runs.values() if run.segmenter],
