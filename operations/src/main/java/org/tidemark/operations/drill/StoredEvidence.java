// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.DrillChains;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.backup.DrillEvidence.Judged;
import org.tidemark.catalog.backup.DrillEvidence.Restored;
import org.tidemark.catalog.backup.DrillEvidence.Source;
import org.tidemark.catalog.backup.DrillEvidence.Target;
import org.tidemark.catalog.backup.DrillEvidence.Took;
import org.tidemark.catalog.backup.SigningKey;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.DrillKeys;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.HostName;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.wal.Holding;
import org.tidemark.session.Session;
import org.tidemark.session.SpoolId;

/**
 * Where the evidence of a drill was stored, and where it could not be. Immutable.
 *
 * @param numbers the number that it got in the chain of this host, by the repository
 * @param failures why another repository does not have it
 */
public record StoredEvidence(Map<String, Integer> numbers, Map<String, UserFacingException> failures) {
    private static final int MAX_DOCUMENT_BYTES = 256 << 20;

    /** Of a sentence that says why something failed. */
    private static final int MOST_CHARACTERS = 1_000;

    /**
     * Stores what a drill has judged in each repository of the cluster, in each as the next document of a chain. A
     * repository that does not take it does not keep the others from it. A moment that somebody asked for, and that no
     * plan reaches, says nothing of what is there: nothing is stored.
     *
     * @param version of this program
     * @param signer signs each document; empty if they are not signed
     */
    public static StoredEvidence of(Session session, DrillReport report, String version, Optional<SigningKey> signer)
            throws IOException {
        if (report.plan().askedInVain().isPresent()) {
            return new StoredEvidence(Map.of(), Map.of());
        }
        UUID host = SpoolId.of(session.spool());
        ClusterIdentity identity = report.plan().source().identity();
        DrillEvidence evidence = evidence(report, version);
        Map<String, Integer> numbers = new LinkedHashMap<>();
        Map<String, UserFacingException> failures = new LinkedHashMap<>();
        for (RepositorySettings settings : session.repositoriesOfTheCluster()) {
            try {
                Repository repository = session.repository(settings);
                requireRegistered(repository, settings, identity);
                DrillKeys chain = new DrillKeys(
                        identity.keys(), UUID.fromString(repository.id().value()), host);
                numbers.put(
                        settings.name(),
                        new DrillChains(repository.store(), identity.keys())
                                .signedWith(signer)
                                .append(chain, evidence));
            } catch (IOException | UserFacingException e) {
                failures.put(settings.name(), StorageErrors.explainUnlessInterrupted(e));
            }
        }
        return new StoredEvidence(numbers, failures);
    }

    /** Objects of an incarnation that is not registered are damage. */
    private static void requireRegistered(Repository repository, RepositorySettings settings, ClusterIdentity identity)
            throws IOException {
        if (repository.incarnation(identity.cluster(), identity.system()).isEmpty()) {
            throw new UserFacingException(
                    ExitCode.NO_BACKUP,
                    "cluster '" + identity.cluster() + "' with system identifier " + identity.system()
                            + " is not registered in '" + settings.name() + "'",
                    "Register it with: tidemark init");
        }
    }

    /** What is wrong: one finding for each repository that does not have it. */
    public List<Finding> warnings() {
        return failures.entrySet().stream()
                .map(each -> Finding.warning(
                                "drill",
                                "the evidence of this drill is not stored in '" + each.getKey() + "': "
                                        + each.getValue().getMessage(),
                                each.getValue().hint())
                        .of(each.getKey()))
                .toList();
    }

    /** Why no repository has it; empty if one has. */
    public Optional<UserFacingException> failure() {
        return failures.values().stream().filter(_ -> numbers.isEmpty()).findFirst();
    }

    private static DrillEvidence evidence(DrillReport report, String version) throws IOException {
        DrillReport.Observed observed = report.observed();
        return new DrillEvidence(
                report.plan().source().identity().keys(),
                UUID.randomUUID().toString(),
                Optional.empty(),
                HostName.ofThisMachine(),
                version,
                observed.postgresVersion(),
                observed.begun(),
                observed.ended(),
                target(report.plan().moment()),
                report.plan().prepared().plan() instanceof RestorePlan.Chosen chosen
                        ? report.backup().map(id -> restored(report.plan(), new BackupId(id), chosen))
                        : Optional.empty(),
                observed.reached(),
                report.plan().kept(),
                report.plan().left(),
                report.plan().source().preparation().holdings().stream()
                        .map(each -> new Source(
                                each.repository(),
                                each.archive().repository().id().value()))
                        .toList(),
                report.judgements().stream().map(StoredEvidence::judged).toList(),
                new Took(
                        report.clock().files(),
                        report.clock().replay(),
                        report.clock().judging(),
                        observed.bytes()));
    }

    private static Target target(DrillMoment moment) {
        Optional<String> value = switch (moment.target()) {
            case RecoveryTarget.AtTime at -> Optional.of(at.time().toString());
            case RecoveryTarget.AtLsn at -> Optional.of(at.lsn().toString());
            case RecoveryTarget.AtXid _,
                    RecoveryTarget.AtRestorePoint _,
                    RecoveryTarget.Latest _,
                    RecoveryTarget.Immediate _ -> Optional.empty();
        };
        return new Target(moment.target().kind().word(), value, moment.rule().word());
    }

    private static Restored restored(DrillPlan plan, BackupId backup, RestorePlan.Chosen chosen) {
        return new Restored(
                backup,
                digest(plan, backup),
                chosen.timeline(),
                chosen.wal().runs().stream().findFirst().map(run -> run.first()),
                chosen.wal().runs().isEmpty()
                        ? Optional.<Segment>empty()
                        : Optional.of(chosen.wal().runs().getLast().last()));
    }

    /** Of the first repository that gives the description. */
    private static Optional<Sha256> digest(DrillPlan plan, BackupId backup) {
        for (Holding each : plan.source().preparation().holdings()) {
            try {
                return Optional.of(Sha256.of(ChecksummedJson.fetch(
                        each.archive().repository().store(),
                        each.archive().identity().keys().backup(backup).backup(),
                        MAX_DOCUMENT_BYTES)));
            } catch (IOException | UserFacingException e) {
                // Another repository may have it.
            }
        }
        return Optional.empty();
    }

    /** An answer may be data of the cluster, and a document is not encrypted. */
    private static Judged judged(Judgement judgement) {
        Optional<String> fault = judgement.fault().map(Judgement.Fault::word);
        Optional<String> detail =
                judgement.isOfAQuestion() ? Optional.empty() : Optional.of(shortened(judgement.detail()));
        return new Judged(judgement.name(), fault, detail, judgement.answer(), judgement.asked());
    }

    private static String shortened(String text) {
        return text.length() <= MOST_CHARACTERS ? text : text.substring(0, MOST_CHARACTERS);
    }
}
