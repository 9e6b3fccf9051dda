# What a trained generator makes of the test images, and how near that comes to the real ones.
rule translate:
    input:
        prepared=ancient(prepared_of_run),
        trained=ancient(run_folder),
    output:
        directory("results/{scale}/{chapter}/{experiment}/translated-{seed}-{fp}"),
    log:
        "logs/{scale}/{chapter}-{experiment}/translate-{seed}-{fp}.log",
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
        prepared=ancient("data/prepared/{data}"),
        weights=ancient(weights_of_features),
    output:
        directory("data/features/{data}-{extractor}-{fp}"),
    log:
        "logs/features/{data}-{extractor}-{fp}.log",
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
        prepared=ancient("data/prepared/{data}"),
    output:
        directory("data/segmenters/{data}-{fp}"),
    log:
        "logs/segmenters/{data}-{fp}.log",
    priority: 100  # before any training: evaluations wait for it
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
    output:
        "results/{scale}/{chapter}/{experiment}/metrics-{seed}-{fp}.json",
    log:
        "logs/{scale}/{chapter}-{experiment}/evaluate-{seed}-{fp}.log",
    conda:
        "../envs/pixcycle.yaml"
    resources:
        gpu=1,
    params:
        plan=PLAN_FILE,
        run=run_key,
        weights=weights_option,
        segmenter=segmenter_option,
    shell:
        "pixcycle job evaluate {params.run:q} --plan {params.plan:q} --trained {input.trained:q}"
        " --translated {input.translated:q} --prepared {input.prepared:q} --real {input.real:q} --out {output:q}"
        " {params.weights} {params.segmenter} 2>&1 | tee {log:q}"
