// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.Measure;
import org.tidemark.core.Threshold;
import org.tidemark.watch.check.CheckReport;

/** What check found, in JSON. */
public record CheckView(ClusterName cluster, Severity severity, List<FindingView> findings, List<Backlog> backlog) {
    record FindingView(
            Severity severity,
            String subject,
            Optional<String> repository,
            String message,
            String hint,
            Optional<Map<Measure, Long>> values,
            Optional<Map<Measure, Threshold>> thresholds) {
        static FindingView of(Finding finding) {
            Map<Measure, Threshold> thresholds = new LinkedHashMap<>();
            // In the order of the values: the thresholds have none.
            finding.values().keySet().stream()
                    .filter(finding.thresholds()::containsKey)
                    .forEach(name -> thresholds.put(name, finding.thresholds().get(name)));
            return new FindingView(
                    finding.severity(),
                    finding.subject(),
                    finding.repository(),
                    finding.message(),
                    finding.hint(),
                    Optional.of(finding.values()).filter(values -> !values.isEmpty()),
                    Optional.of(thresholds).filter(each -> !each.isEmpty()));
        }
    }

    private record Backlog(String repository, int objects, long bytes, int refused, Optional<Instant> oldest) {
        static Backlog of(CheckReport.Backlog each) {
            return new Backlog(each.repository(), each.objects(), each.bytes(), each.refused(), each.oldest());
        }
    }

    public static CheckView of(CheckReport report) {
        return new CheckView(
                report.cluster(),
                report.severity(),
                Json.list(report.findings(), FindingView::of),
                Json.list(report.backlogs(), Backlog::of));
    }
}
