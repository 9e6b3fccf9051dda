# Datasets: downloaded and verified once, decoded and resized once per size, described by the extractor's features.
rule fetch:
    output:
        directory(paths.raw("{raw}")),
    log:
        paths.log("fetch", "{raw}"),
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
        directory(paths.prepared("{data}")),
    log:
        paths.log("prepare", "{data}"),
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
        paths.weights("{weights}-{fp}"),
    log:
        paths.log("fetch", "{weights}-{fp}"),
    conda:
        "../envs/pixcycle.yaml"
    params:
        plan=PLAN_FILE,
    shell:
        "pixcycle job fetch-weights {wildcards.weights:q} --plan {params.plan:q} --out {output:q} 2>&1 | tee {log:q}"


rule data:
    input:
        [ancient(paths.prepared(key)) for key in PLAN.data],
        [ancient(paths.features(features_key(run.data, run.extractor))) for run in PLAN.runs.values()],
        [ancient(paths.segmenter(run.segmenter)) for run in PLAN.runs.values() if run.segmenter],
