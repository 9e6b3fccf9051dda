# Translation of the test images by trained generators, and comparison of the results with real images.
rule translate:
    input:
        wanted_inputs(
            "translate",
            paths.translated(OF_EXPERIMENT, "{seed}", "{fp}"),
            prepare=prepared_of_run,
            train=run_folder,
        ),
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
        trained=run_folder,
        prepared=prepared_of_run,
    shell:
        "pixcycle job translate {params.run:q} --plan {params.plan:q} --trained {params.trained:q}"
        " --prepared {params.prepared:q} --out {output:q} 2>&1 | tee {log:q}"


rule real_features:
    input:
        wanted_inputs(
            "real_features",
            paths.features("{data}-{extractor}-{fp}"),
            prepare=prepared_of_data,
            fetch_weights=weights_of_features,
        ),
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
        prepared=prepared_of_data,
        weights=partial(option, "--weights", weights_of_features),
    shell:
        "pixcycle job features {wildcards.extractor:q} --prepared {params.prepared:q} --out {output:q}"
        " {params.weights} 2>&1 | tee {log:q}"


# The network behind FCN-score, trained on real pairs.
rule train_segmenter:
    input:
        wanted_inputs("train_segmenter", paths.segmenter("{data}-{fp}"), prepare=prepared_of_data),
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
        prepared=prepared_of_data,
    shell:
        "pixcycle job train-segmenter {wildcards.data:q} --plan {params.plan:q} --prepared {params.prepared:q}"
        " --out {output:q} 2>&1 | tee {log:q}"


rule evaluate:
    input:
        wanted_inputs(
            "evaluate",
            paths.metrics(OF_EXPERIMENT, "{seed}", "{fp}"),
            prepare=prepared_of_run,
            train=run_folder,
            translate=translated_folder,
            real_features=features_of_run,
            train_segmenter=segmenter_of_run,
            fetch_weights=weights_of_run,
        ),
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
        trained=run_folder,
        translated=translated_folder,
        prepared=prepared_of_run,
        real=features_of_run,
        weights=partial(option, "--weights", extractor_weights_of_run),
        segmenter=partial(option, "--segmenter", segmenter_of_run),
        metric_weights=metric_weights_option,
    shell:
        "pixcycle job evaluate {params.run:q} --plan {params.plan:q} --trained {params.trained:q}"
        " --translated {params.translated:q} --prepared {params.prepared:q} --real {params.real:q} --out {output:q}"
        " {params.weights} {params.segmenter} {params.metric_weights} 2>&1 | tee {log:q}"


# A chapter's ruler, tried on images that its authors published. It downloads them, and therefore runs locally.
rule calibrate:
    input:
        wanted_inputs(
            "calibrate", paths.calibration("{scale}", "{chapter}", "{fp}"), fetch_weights=weights_of_calibration
        ),
    output:
        paths.calibration("{scale}", "{chapter}", "{fp}"),
    log:
        paths.log("calibrate", "{scale}-{chapter}-{fp}"),
    localrule: True
    conda:
        "../envs/pixcycle.yaml"
    params:
        plan=PLAN_FILE,
        weights=partial(option, "--weights", weights_of_calibration),
    shell:
        "pixcycle job calibrate {wildcards.chapter:q} --plan {params.plan:q} --out {output:q} {params.weights}"
        " 2>&1 | tee {log:q}"
