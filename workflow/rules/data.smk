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
        wanted_inputs("prepare", paths.prepared("{data}"), fetch=raw_of_data),
    output:
        directory(paths.prepared("{data}")),
    log:
        paths.log("prepare", "{data}"),
    conda:
        "../envs/pixcycle.yaml"
    threads: threads_of_preparing
    params:
        plan=PLAN_FILE,
        raw=raw_of_data,
    shell:
        "pixcycle job prepare {wildcards.data:q} --plan {params.plan:q} --raw {params.raw:q} --out {output:q}"
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
        all_data,
