internal import Evaluation
internal import Store
internal import Wire

/// Plots of what a training job has measured, epoch by epoch.
enum TrainingCurves {
    /// - Parameter split: that the training went by.
    /// - Returns: loss.svg and validation.svg, each where there is something in it.
    static func files(of job: JobRecord, _ model: ModelDescription, _ split: Split) -> [ReportFile] {
        let metrics = job.metrics
        let how = "\(job.publicID), preset \(model.preset), \(model.indexing), split \(split.version)"
        let kind = EvaluationProtocol.SplitKind(split).rawValue
        let loss = LinePlot(
            title: "Loss of model \(model.version)", conditions: "\(how): each task on what is held back, training on its own steps",
            xLabel: "epoch", yLabel: "loss", series: series(metrics) { $0.hasPrefix("loss/") })
        let ranking = LinePlot(
            title: "Validation of model \(model.version)", conditions: "\(how): validation, \(kind), whole catalogue, seen items hidden",
            xLabel: "epoch", yLabel: "mean over users", series: series(metrics) { $0.hasPrefix("validation/") && !$0.hasSuffix("/loss") })
        return [("loss.svg", loss), ("validation.svg", ranking)].filter { !$0.1.series.isEmpty }.map {
            ReportFile(name: $0.0, content: $0.1.svg)
        }
    }

    private static func series(_ metrics: [Metric], _ isWanted: (String) -> Bool) -> [LinePlot.Series] {
        var points: [String: [LinePlot.Point]] = [:]
        for metric in metrics where isWanted(metric.name) {
            points[metric.name, default: []].append(LinePlot.Point(x: Double(metric.step), y: metric.value))
        }
        return points.sorted { $0.key < $1.key }.map { LinePlot.Series(name: $0.key, points: $0.value.sorted { $0.x < $1.x }) }
    }
}

extension EvaluationProtocol.SplitKind {
    init(_ split: Split) { self = split.policy?.kind == .globalTime ? .globalTime : .leaveOneOut }
}
