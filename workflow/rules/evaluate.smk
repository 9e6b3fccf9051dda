# Translation of the test images by trained generators, and comparison of the results with real images.
rule translate:
    input:
        prepared=ancient(prepared_of_run),
        trained=ancient(run_folder),
    output:
        directory(paths.translated(OF_EXPERIMENT, "{seed}", "{fp}")),
    log:
        log_of_run("translate"),
    conda:
        "../envs/pixcycle.yaml"
    resources:
        gpu=1,
    params:
        plan=PLAN_FILE,
        run=run_key,
    shell:
        "pixcycle job translate {params.run:q} --plan {params.plan:q} --trained {input.trained:q}"
        " --prepared {input.prepared:q} --out {output:q} 2>&1 | tee {log:q}"


rule real_features:
    input:
        prepared=ancient(paths.prepared("{data}")),
        weights=ancient(weights_of_features),
    output:
        directory(paths.features("{data}-{extractor}-{fp}")),
    log:
        paths.log("features", "{data}-{extractor}-{fp}"),
    wildcard_constraints:
        extractor="inception-v3|efficientnet-lite0",
    conda:
        "../envs/pixcycle.yaml"
    resources:
        gpu=1,
    params:
        weights=weights_option,
    shell:
        "pixcycle job features {wildcards.extractor:q} --prepared {input.prepared:q} --out {output:q}"
        " {params.weights} 2>&1 | tee {log:q}"


# The network behind FCN-score, trained on real pairs.
rule train_segmenter:
    input:
        prepared=ancient(paths.prepared("{data}")),
    output:
        directory(paths.segmenter("{data}-{fp}")),
    log:
        paths.log("segmenters", "{data}-{fp}"),
    priority: 100  # before any training, as evaluations wait for it
    conda:
        "../envs/pixcycle.yaml"
    threads: 1
    resources:
        gpu=1,
    params:
        plan=PLAN_FILE,
    shell:
        "pixcycle job train-segmenter {wildcards.data:q} --plan {params.plan:q} --prepared {input.prepared:q}"
        " --out {output:q} 2>&1 | tee {log:q}"


rule evaluate:
    input:
        prepared=ancient(prepared_of_run),
        trained=ancient(run_folder),
        translated=ancient(translated_folder),
        real=ancient(features_of_run),
        weights=ancient(weights_of_run),
        segmenter=ancient(segmenter_of_run),
        metric_weights=ancient(metric_weights_of_run),
    output:
        paths.metrics(OF_EXPERIMENT, "{seed}", "{fp}"),
    log:
        log_of_run("evaluate"),
    conda:
        "../envs/pixcycle.yaml"
    resources:
        gpu=1,
    params:
        plan=PLAN_FILE,
        run=run_key,
        weights=weights_option,
        segmenter=segmenter_option,
        metric_weights=metric_weights_option,
    shell:
        "pixcycle job evaluate {params.run:q} --plan {params.plan:q} --trained {input.trained:q}"
        " --translated {input.translated:q} --prepared {input.prepared:q} --real {input.real:q} --out {output:q}"
        " {params.weights} {params.segmenter} {params.metric_weights} 2>&1 | tee {log:q}"
