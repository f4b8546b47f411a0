// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.DrillChain.Signatures;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.backup.DrillEvidence.Judged;
import org.tidemark.catalog.backup.EvidenceKey;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
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
        Instant now = whole.clock().instant();
        Optional<Duration> limit = whole.cluster().check().undrilledFor();
        List<Finding> findings = new ArrayList<>();
        List<EvidenceKey> known = known(whole, findings);
        List<Signatures> signatures = new ArrayList<>();
        for (IncarnationReading each : held) {
            List<Signatures> here =
                    each.drills().stream().map(chain -> chain.signatures(known)).toList();
            findings.addAll(unread(each, here));
            signatures.addAll(here);
        }
        HeldDrills drills = HeldDrills.of(
                        held.stream().flatMap(each -> each.drills().stream()).toList(), now)
                .signed(known, signatures);
        if (drills.last().isEmpty() && limit.isEmpty()) {
            return findings;
        }
        Optional<DrillEvidence> failure = drills.failureOfData();
        failure.map(each -> subject().critical(failed(each), hint(each))).ifPresent(findings::add);
        held.stream()
                .flatMap(each -> each.backups().stream())
                .map(BaseBackup::id)
                .distinct()
                .flatMap(id -> drills.lastOf(id).stream())
                .filter(each -> !each.isProven() && !failure.equals(Optional.of(each)))
                .forEach(each -> findings.add(subject().warning(failed(each), hint(each))));
        // The rows may be wrong, or this host cannot restore.
        drills.last()
                .filter(each -> !each.isProven() && !each.isFailureOfData())
                .ifPresent(each -> findings.add(subject()
                        .warning(
                                failed(each)
                                        + each.failure()
                                                .flatMap(Judged::fault)
                                                .flatMap(Fault::of)
                                                .map(fault -> ", " + fault.blame())
                                                .orElse(""),
                                hint(each))));
        Optional<Instant> last = drills.lastProven().map(DrillEvidence::ended);
        String since = last.map(at -> "the last drill that passed ended at " + Amounts.minute(at) + " UTC")
                .orElse(known.isEmpty() ? "no drill has passed" : "no drill that a known key has signed has passed");
        // An end in the future is that of a clock which was ahead.
        if (limit.isPresent()
                && last.filter(at -> !at.plus(limit.get()).isBefore(now)
                                && !at.minus(limit.get()).isAfter(now))
                        .isEmpty()) {
            findings.add(subject()
                    .warning(
                            since + ", and undrilled-for is " + Amounts.duration(limit.get()),
                            "Hold a drill: tidemark drill --to DIR"));
        }
        // Also where something is wrong: it may be the evidence.
        findings.add(subject().ok(since + numbers(held)));
        return findings;
    }

    private List<EvidenceKey> known(CheckedCluster whole, List<Finding> findings) {
        try {
            return whole.drill().knownKeys();
        } catch (UserFacingException e) {
            findings.add(subject().warning("the evidence of drills is not checked: " + e.getMessage(), e.hint()));
            return List.of();
        }
    }

    /**
     * Evidence that cannot be read, or is not whole, hides what a drill has found.
     *
     * @param signatures of each chain
     */
    private List<Finding> unread(IncarnationReading held, List<Signatures> signatures) {
        List<Finding> findings = new ArrayList<>();
        held.unreadDrills()
                .map(why -> subject()
                        .warning(
                                "the evidence of drills in '" + held.repository() + "' cannot be read: "
                                        + why.getMessage(),
                                why.hint())
                        .of(held.repository()))
                .ifPresent(findings::add);
        IntStream.range(0, signatures.size())
                .boxed()
                .flatMap(chain -> Stream.concat(
                        held.drills().get(chain).problems().stream(), signatures.get(chain).problems().stream()))
                .findFirst()
                .map(problem -> subject()
                        .warning(
                                "the evidence of drills in '" + held.repository() + "' is not whole: '" + problem.key()
                                        + "' " + problem.text(),
                                "See everything with: tidemark proof")
                        .of(held.repository()))
                .ifPresent(findings::add);
        return findings;
    }

    private static String failed(DrillEvidence drill) {
        Judged failure = drill.failure().orElseThrow();
        return "the drill on " + drill.host() + " at " + Amounts.minute(drill.ended()) + " UTC"
                + drill.restored().map(each -> ", of backup " + each.backup()).orElse("") + ", failed: "
                + failure.name() + failure.detail().map(detail -> ": " + detail).orElse("");
    }

    private static String hint(DrillEvidence drill) {
        return drill.failure()
                .flatMap(Judged::fault)
                .flatMap(Fault::of)
                .map(Fault::hint)
                .orElse("See all drills with: tidemark proof");
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
