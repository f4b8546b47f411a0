// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.DrillChain;
import org.tidemark.catalog.backup.DrillChain.Link;
import org.tidemark.catalog.backup.DrillChain.Problem;
import org.tidemark.catalog.backup.DrillChain.Signatures;
import org.tidemark.catalog.backup.DrillChains;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.backup.DrillEvidence.Source;
import org.tidemark.catalog.backup.EvidenceKey;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.backups.BackupListing;
import org.tidemark.operations.backups.ListedBackup;
import org.tidemark.operations.drill.Judgement.Fault;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.NewestCommit;
import org.tidemark.recoverability.PlannedTimeline;
import org.tidemark.recoverability.RecoverableIntervals;
import org.tidemark.session.Session;
import org.tidemark.session.reading.BackupState;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.HeldDrills;
import org.tidemark.session.reading.IncarnationReading;
import org.tidemark.store.ObjectKey;

/**
 * What drills have proven of one incarnation, and whether its evidence is whole. Immutable.
 *
 * @param drills what the evidence says
 * @param chains in the order of the repositories
 * @param backups those that are there, the newest first
 * @param time how much of the recoverable time begins with a backup whose last drill has passed
 * @param rto what a restore may take; empty if it is not set
 * @param alone the repositories of which the drills that count read no other one; empty if all drills count
 */
public record DrillProof(
        ClusterIdentity identity,
        HeldDrills drills,
        List<HeldChain> chains,
        List<DrilledBackup> backups,
        DrilledTime time,
        Optional<Duration> rto,
        List<String> alone) {
    public DrillProof {
        chains = List.copyOf(chains);
        backups = List.copyOf(backups);
        alone = List.copyOf(alone);
    }

    /**
     * A chain, and what is wrong with it.
     *
     * @param repository that holds it
     * @param signatures empty if no key is known, and nothing was checked
     */
    public record HeldChain(
            String repository, DrillChain chain, Optional<Signatures> signatures, List<Problem> problems) {
        public HeldChain {
            problems = List.copyOf(problems);
        }

        static HeldChain of(String repository, DrillChain chain, List<EvidenceKey> known) {
            Signatures signatures = chain.signatures(known);
            return new HeldChain(
                    repository,
                    chain,
                    Optional.of(signatures).filter(_ -> !known.isEmpty()),
                    Stream.concat(chain.problems().stream(), signatures.problems().stream())
                            .toList());
        }

        /** How many documents a known key has signed; empty if nothing was checked. */
        public Optional<Integer> signed() {
            return signatures.map(Signatures::good);
        }

        public boolean isWhole() {
            return problems.isEmpty();
        }
    }

    /**
     * A backup.
     *
     * @param isBroken whether something that it needs is damaged or missing now
     * @param last its last drill that says something of it
     * @param tried its last drill, which may have failed by something else
     */
    public record DrilledBackup(
            BackupId id,
            Instant ended,
            boolean isBroken,
            Optional<DrillEvidence> last,
            Optional<DrillEvidence> tried) {}

    /** Whether the incarnation can be restored, by its drills. */
    public sealed interface Verdict {
        /**
         * It can.
         *
         * @param by the drill that has proven the newest moment
         */
        record Proven(DrillEvidence by) implements Verdict {}

        /**
         * It is not known to be.
         *
         * @param hint what to do now
         */
        record NotProven(String why, String hint) implements Verdict {}
    }

    /**
     * Reads the evidence of each repository that was read, from the store.
     *
     * @param isOfTheseAlone whether only drills count that could read from no other repository
     * @return of each incarnation, the newest first
     * @throws UserFacingException if a repository does not answer any more, or the signing key cannot be read
     */
    public static List<DrillProof> of(Session session, ClusterReading reading, boolean isOfTheseAlone) {
        List<EvidenceKey> known = session.configuration().drill().knownKeys();
        Map<ClusterIdentity, List<HeldChain>> chains = new HashMap<>();
        for (IncarnationReading each : reading.all()) {
            try {
                for (DrillChain chain : new DrillChains(
                                each.archive().repository().store(),
                                each.identity().keys())
                        .read()) {
                    chains.computeIfAbsent(each.identity(), any -> new ArrayList<>())
                            .add(HeldChain.of(each.repository(), chain, known));
                }
            } catch (IOException e) {
                throw StorageErrors.explain(e);
            }
        }
        Map<String, String> ids = new TreeMap<>();
        reading.all()
                .forEach(each -> ids.put(
                        each.repository(), each.archive().repository().id().value()));
        List<ListedBackup> listed = BackupListing.of(reading).reversed();
        return reading.incarnations().stream()
                .map(identity -> of(
                        identity,
                        EvidenceComparison.compared(chains.getOrDefault(identity, List.of()), ids),
                        known,
                        listed.stream()
                                .filter(each -> each.system().equals(identity.system())
                                        && each.state().isBackup()
                                        && each.backup().isPresent())
                                .toList(),
                        reading.together(identity),
                        isOfTheseAlone ? ids : Map.of(),
                        session.cluster().flatMap(ClusterSettings::rto),
                        reading.asOf()))
                .toList();
    }

    private static DrillProof of(
            ClusterIdentity identity,
            List<HeldChain> chains,
            List<EvidenceKey> known,
            List<ListedBackup> backups,
            CatalogSnapshot catalog,
            Map<String, String> only,
            Optional<Duration> rto,
            Instant now) {
        HeldDrills all = HeldDrills.of(chains.stream().map(HeldChain::chain).toList(), now)
                .signed(
                        known,
                        chains.stream()
                                .flatMap(each -> each.signatures().stream())
                                .toList());
        HeldDrills drills = only.isEmpty() ? all : all.readingOnly(Set.copyOf(only.values()));
        RecoverableIntervals recoverable = RecoverableIntervals.of(catalog);
        return new DrillProof(
                identity,
                drills,
                chains,
                backups.stream()
                        .map(each -> new DrilledBackup(
                                each.id(),
                                each.backup().orElseThrow().run().ended(),
                                each.state() == BackupState.BROKEN,
                                drills.lastOf(each.id()),
                                drills.lastWith(each.id())))
                        .toList(),
                DrilledTime.of(
                        PlannedTimeline.of(catalog, recoverable, NewestCommit.of(catalog, recoverable)),
                        id -> drills.lastOf(new BackupId(id))
                                .filter(DrillEvidence::isProven)
                                .isPresent()),
                rto,
                List.copyOf(only.keySet()));
    }

    /** The newest commit that a drill which passed has restored. */
    public Optional<Instant> lastRestored() {
        return drills.newestFirst().stream()
                .flatMap(each -> each.provenTo().stream())
                .max(Comparator.naturalOrder());
    }

    /** What the last restore took that was proven, up to the end of its replay. */
    public Optional<Duration> restore() {
        return drills.lastProven().map(each -> each.took().restore());
    }

    /** The drills that ended then or later, the newest first. */
    public List<DrillEvidence> drillsSince(Instant from) {
        return drills.newestFirst().stream()
                .filter(each -> !each.ended().isBefore(from))
                .toList();
    }

    /**
     * Where evidence of a drill is.
     *
     * @param number in its chain
     * @param key of the document
     */
    public record Place(String repository, int number, ObjectKey key) {}

    /** Where there is evidence of a drill, in the order of the repositories. */
    public List<Place> places(DrillEvidence drill) {
        return chains.stream()
                .flatMap(chain -> chain.chain().links().stream()
                        .filter(link -> link instanceof Link.Intact intact
                                && intact.evidence().id().equals(drill.id()))
                        .map(link -> new Place(
                                chain.repository(),
                                link.number(),
                                chain.chain().keys().evidence(link.number()))))
                .toList();
    }

    /**
     * The first drill after one that failed which has passed, and says something of what failed: it was asked the same
     * question, or began with the same backup, and read as much WAL if that was at fault.
     */
    public Optional<DrillEvidence> passedSince(DrillEvidence failed) {
        DrillEvidence.Judged failure = failed.failure().orElseThrow();
        return drills.newestFirst().stream()
                .takeWhile(each -> !each.id().equals(failed.id()))
                .filter(DrillEvidence::isProven)
                .filter(each -> isOfAQuestion(failure)
                        ? isAsked(each, failure)
                        : isOfTheSame(each, failed, failure.fault().equals(Optional.of(Fault.WAL.word()))))
                .reduce((_, earlier) -> earlier);
    }

    private static boolean isAsked(DrillEvidence drill, DrillEvidence.Judged question) {
        return question.asked().isPresent()
                && drill.judgements().stream().anyMatch(each -> each.asked().equals(question.asked()));
    }

    /** Whether a drill began with the backup of another one, and, where that counts, read at least the same WAL. */
    private static boolean isOfTheSame(DrillEvidence drill, DrillEvidence other, boolean isWalAtFault) {
        if (drill.restored().isEmpty() || other.restored().isEmpty()) {
            return false;
        }
        DrillEvidence.Restored own = drill.restored().get();
        DrillEvidence.Restored others = other.restored().get();
        return own.backup().equals(others.backup())
                && (!isWalAtFault
                        || (own.timeline().equals(others.timeline())
                                && own.last()
                                        .flatMap(last -> others.last().map(least -> last.compareTo(least) >= 0))
                                        .orElse(false)));
    }

    /**
     * A question of the configuration.
     *
     * @param drill the last one that has asked it
     * @param judged what that came to
     * @param since the first of the drills before it that asked the same, and expected the same; empty if its evidence
     *     does not tell
     */
    public record Asked(String name, DrillEvidence drill, DrillEvidence.Judged judged, Optional<Instant> since) {}

    /** Whether it is what became of a question of the configuration. */
    public static boolean isOfAQuestion(DrillEvidence.Judged judged) {
        return Judgement.isOfAQuestion(judged.name());
    }

    /** Each question that was ever asked, by name. */
    public List<Asked> questions() {
        Map<String, Asked> questions = new TreeMap<>();
        Set<String> changed = new HashSet<>();
        for (DrillEvidence drill : drills.newestFirst()) {
            for (DrillEvidence.Judged each : drill.judgements()) {
                if (isOfAQuestion(each)) {
                    String name = each.name().substring(Judgement.QUESTION.length());
                    Asked last = questions.computeIfAbsent(name, any -> new Asked(name, drill, each, Optional.empty()));
                    if (each.asked().isEmpty()
                            || !each.asked().equals(last.judged().asked())) {
                        changed.add(name);
                    } else if (!changed.contains(name)) {
                        questions.put(name, new Asked(name, last.drill(), last.judged(), Optional.of(drill.ended())));
                    }
                }
            }
        }
        return List.copyOf(questions.values());
    }

    /** Whether every chain is whole. */
    public boolean isWhole() {
        return chains.stream().allMatch(HeldChain::isWhole);
    }

    /**
     * What the drills say of the backups that are there. Evidence that was changed proves nothing; a drill that failed
     * by this host, by a question or by a time limit says nothing against what an earlier one has proven.
     */
    public Verdict verdict() {
        Optional<HeldChain> broken =
                chains.stream().filter(each -> !each.isWhole()).findFirst();
        if (broken.isPresent()) {
            Problem problem = broken.get().problems().getFirst();
            return new Verdict.NotProven(
                    "the evidence in '" + broken.get().repository() + "' is not whole: '" + problem.key() + "' "
                            + problem.text(),
                    "Compare it with another repository and with the number that was told last. A document that is"
                            + " damaged or missing is copied back by: tidemark sync");
        }
        Optional<DrillEvidence> failure = drills.failureOfData();
        if (failure.isPresent()) {
            return failed(failure.get());
        }
        Optional<DrillEvidence> proven = drills.provenByWhatIsThere(id ->
                backups.stream().anyMatch(each -> !each.isBroken() && each.id().equals(id)));
        return proven.<Verdict>map(Verdict.Proven::new)
                .or(() -> drills.lastProven().map(_ -> ofNothingThatIsThere()))
                .or(this::unsigned)
                .or(() -> drills.last().map(this::failed))
                .orElseGet(this::withoutDrill);
    }

    private Verdict withoutDrill() {
        String why = alone.isEmpty()
                ? "no drill is recorded"
                : "no drill is recorded whose restore could read from " + Source.quoted(alone) + " alone";
        return new Verdict.NotProven(why, "Hold one: " + CopyableCommand.of("drill", "--to", "DIR"));
    }

    /** Where a key is known, and nothing that has passed is signed by it. */
    private Optional<Verdict> unsigned() {
        Set<String> signed = chains.stream()
                .flatMap(each -> each.signatures().stream())
                .flatMap(each -> each.drills().stream())
                .collect(Collectors.toSet());
        List<DrillEvidence> passed = chains.stream()
                .filter(each -> each.signatures().isPresent())
                .flatMap(each -> each.chain().evidence().stream())
                .filter(DrillEvidence::isProven)
                .toList();
        return Optional.of(passed)
                .filter(all -> !all.isEmpty() && all.stream().noneMatch(each -> signed.contains(each.id())))
                .map(_ -> new Verdict.NotProven(
                        "no drill that has passed is signed by a known key, so it may be anyone's",
                        "Hold one on a host with drill.signing-key: " + CopyableCommand.of("drill", "--to", "DIR")
                                + ". If it was signed before, somebody has replaced its evidence."));
    }

    private static Verdict.NotProven ofNothingThatIsThere() {
        return new Verdict.NotProven(
                "each backup by which a drill passed is gone or broken, or its last drill failed",
                "Hold another one: " + CopyableCommand.of("drill", "--to", "DIR"));
    }

    private Verdict.NotProven failed(DrillEvidence drill) {
        DrillEvidence.Judged failure = drill.failure().orElseThrow();
        return new Verdict.NotProven(
                "the drill on " + drill.host() + " failed"
                        + (alone.isEmpty() || drill.repositories().size() <= alone.size()
                                ? ""
                                : ", which could read from " + drill.readFrom())
                        + ": " + failure.name()
                        + failure.detail().map(detail -> ": " + detail).orElse(""),
                failure.fault()
                        .flatMap(Fault::of)
                        .map(Fault::hint)
                        .orElse("Hold another one: " + CopyableCommand.of("drill", "--to", "DIR")));
    }
}
