// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.view.CheckView.FindingView;
import org.tidemark.watch.ObservedCluster;
import org.tidemark.watch.ObservedCluster.Checked;
import org.tidemark.watch.ObservedCluster.Reading;
import org.tidemark.watch.check.CheckReport;
import org.tidemark.watch.fleet.FleetLine;

/**
 * What {@code serve} saw of one cluster, in JSON: the documents of {@code status} and {@code check}, each with its
 * time.
 *
 * @param severity of all that is known, and of looks that are missing
 * @param missing says which looks are old or did not come; the check has them as well, so no part says that all is well
 */
public record ObservedView(
        ClusterName cluster,
        Severity severity,
        Optional<List<FindingView>> missing,
        Optional<Instant> readAt,
        Optional<StatusView> status,
        Optional<Instant> checkedAt,
        Optional<CheckView> check) {
    public static ObservedView of(ClusterName cluster, ObservedCluster observed, Instant now) {
        return new ObservedView(
                cluster,
                FleetLine.of(cluster, observed).severity(),
                Optional.of(Json.list(observed.missing(), FindingView::of)).filter(each -> !each.isEmpty()),
                observed.reading().map(Reading::at),
                observed.reading().map(Reading::status).map(status -> StatusView.of(status, now)),
                observed.checked().map(Checked::at),
                observed.checked().map(each -> CheckView.of(with(observed.missing(), each.report()))));
    }

    private static CheckReport with(List<Finding> missing, CheckReport report) {
        return new CheckReport(
                report.cluster(),
                report.repositories(),
                Stream.concat(missing.stream(), report.findings().stream()).toList(),
                report.backlogs());
    }
}
