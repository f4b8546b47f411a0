// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.operations.drill.Judgement.Fault;
import org.tidemark.session.reading.HeldDrills;
import org.tidemark.session.reading.IncarnationReading;

/** Whether drills of the newest incarnation pass, and how long ago the last one did. */
final class DrillCheck implements Check<CheckedCluster> {
    @Override
    public Subject subject() {
        return Subject.DRILL;
    }

    @Override
    public List<Finding> look(CheckedCluster whole) {
        return whole.incarnations().stream()
                .max(Comparator.comparing(held -> held.getFirst().identity().system()))
                .map(held -> look(whole, held))
                .orElse(List.of());
    }

    private List<Finding> look(CheckedCluster whole, List<IncarnationReading> held) {
        HeldDrills drills = HeldDrills.of(
                held.stream().flatMap(each -> each.drills().stream()).toList());
        Optional<Duration> limit = whole.cluster().check().undrilledFor();
        if (drills.last().isEmpty() && limit.isEmpty()) {
            return List.of();
        }
        List<Finding> findings = new ArrayList<>();
        drills.failureOfData().map(this::failed).ifPresent(findings::add);
        Instant now = whole.clock().instant();
        Optional<Instant> last = drills.lastProven().map(DrillEvidence::ended);
        String since = last.map(at -> "the last drill that passed ended at " + Amounts.minute(at) + " UTC")
                .orElse("no drill has passed");
        if (limit.isPresent()
                && last.filter(at -> !at.plus(limit.get()).isBefore(now)).isEmpty()) {
            findings.add(subject()
                    .warning(
                            since + ", and undrilled-for is " + Amounts.duration(limit.get()),
                            "Hold a drill: tidemark drill --to DIR"));
        }
        return findings.isEmpty() ? List.of(subject().ok(since + numbers(held))) : findings;
    }

    private Finding failed(DrillEvidence drill) {
        DrillEvidence.Judged failure = drill.failure().orElseThrow();
        return subject()
                .critical(
                        "the drill on " + drill.host() + " at " + Amounts.minute(drill.ended()) + " UTC failed: "
                                + failure.name()
                                + failure.detail().map(detail -> ": " + detail).orElse(""),
                        failure.fault()
                                .flatMap(Fault::of)
                                .map(Fault::hint)
                                .orElse("See all drills with: tidemark proof"));
    }

    /** Somebody who keeps what check said finds evidence that was cut off at the end. */
    private static String numbers(List<IncarnationReading> held) {
        String numbers = held.stream()
                .flatMap(each -> each.lastDrillNumbers().entrySet().stream()
                        .map(last -> last.getValue() + " of " + last.getKey() + " in '" + each.repository() + "'"))
                .collect(Collectors.joining(", "));
        return numbers.isEmpty() ? "" : "; last evidence: " + numbers;
    }
}
