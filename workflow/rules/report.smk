# A report for each thing that can be asked for: `snakemake ucsd-facades` makes reports/<scale>/ucsd-facades/report.html.
# Its folder says by name what it was made from (made-from/<fingerprint>.json), so it is remade exactly when that changes.
for selection in selections(PLAN):
    selected = PLAN.select(selection)
    made_from = report_fingerprint(PLAN, selection)
    folder = f"reports/{SCALE}" if selection == "all" else f"reports/{SCALE}/{selection}"

    rule:
        name:
            "report" if selection == "all" else selection
        input:
            metrics=[ancient(run.metrics) for run in selected],
            runs=[ancient(run.folder) for run in selected],
            translated=[ancient(run.translated) for run in selected],
            prepared=[ancient(f"data/prepared/{key}") for key in sorted({run.data for run in selected})],
        output:
            html=f"{folder}/report.html",
            pdf=f"{folder}/report.pdf",
            values=f"{folder}/values.json",
            made_from=f"{folder}/made-from/{made_from}.json",
        log:
            f"logs/{SCALE}/report-{selection}.log",
        conda:
            "../envs/pixcycle.yaml"
        params:
            plan=PLAN_FILE,
            selection=selection,
            fingerprint=made_from,
        shell:
            "pixcycle report {params.selection} --plan {params.plan} --fingerprint {params.fingerprint}"
            " --out $(dirname {output.html}) 2>&1 | tee {log}"
