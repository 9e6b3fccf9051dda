# One report per selection: `snakemake ucsd-facades` makes reports/<scale>/ucsd-facades/report.html.
# made-from/<fingerprint>.json in its folder names its inputs, so that it is remade exactly when they change.
# A report takes a minute and needs no GPU, so that it runs locally instead of in a cluster's queue.
# Inputs are functions: listing the inputs in all these rules took half of the parsing time.
# Snakemake defines a global per rule and copies all globals for each job: with 2000 experiments, half of its time.
for selection, made_from in REPORTS.items():

    rule:
        name:
            f"report-{selection}"
        input:
            partial(report_inputs, selection),
        output:
            html=f"{paths.report(SCALE, selection)}/report.html",
            pdf=f"{paths.report(SCALE, selection)}/report.pdf",
            values=f"{paths.report(SCALE, selection)}/values.json",
            compared=[directory(path) for path in compared_of(selection)],
            made_from=f"{paths.report(SCALE, selection)}/made-from/{made_from}.json",
        log:
            paths.report_log(SCALE, selection),
        localrule: True
        conda:
            "../envs/pixcycle.yaml"
        params:
            plan=PLAN_FILE,
            selection=selection,
            fingerprint=made_from,
        shell:
            "pixcycle job report {params.selection:q} --plan {params.plan:q} --fingerprint {params.fingerprint:q}"
            ' --out "$(dirname {output.html:q})" 2>&1 | tee {log:q}'

    del globals()[f"__report-{selection}"]


# A target requests every output, not only its report, so that lost files are made again. A chapter without experiments
# at this scale has nothing to do.
for selection in list(PLAN.selections)[1:]:

    rule:
        name:
            selection
        input:
            partial(everything_of, selection) if selection in REPORTS else or_nothing([]),

    del globals()[f"__{selection}"]
