// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.tidemark.catalog.backup.DrillChain.Problem;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.ShortCommand;
import org.tidemark.cli.call.UnreadRepositories;
import org.tidemark.cli.output.Output;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.drill.DrillProof;
import org.tidemark.operations.drill.DrillProof.Asked;
import org.tidemark.operations.drill.DrillProof.DrilledBackup;
import org.tidemark.operations.drill.DrillProof.HeldChain;
import org.tidemark.operations.drill.DrillProof.Verdict;
import org.tidemark.operations.drill.DrilledTime;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.WalReading;
import org.tidemark.view.Json;
import org.tidemark.view.UnreadView;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "proof",
        description = {
            "Shows what drills have proven: the newest moment, each backup with its last drill, how much of the recoverable"
                    + " time begins with a backup that was drilled, and the drills of the last days.",
            "It reads the evidence that drills have stored in the repositories, and checks it: every number has to be"
                    + " there, and every document has to be the one that the next one names. Evidence that was cut off at"
                    + " the end is found only by a number that somebody knows: compare the last numbers with those that"
                    + " 'check' and the metrics told.",
            "With --repository, only drills count whose restore could read from no other repository.",
            "With drill.public-keys, or drill.signing-key, it also checks who has signed the evidence.",
            "The first line of the output says PROVEN or NOT PROVEN, of the newest incarnation.",
        })
@Help(
        group = Help.Group.RESTORE,
        synopsis = "proof [--days N]",
        examples = {"tidemark proof", "tidemark proof --repository offsite --days 365 --json"},
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.NO, ExitCode.USAGE, ExitCode.NO_BACKUP})
public final class ProofCommand implements Callable<ExitCode>, ShortCommand {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Option(
            names = "--days",
            paramLabel = "N",
            defaultValue = "90",
            description = "list the drills of the last N days; default: 90")
    private int days;

    public ProofCommand(CommandContext context) {
        this.context = context;
    }

    /**
     * The document.
     *
     * @param incarnations the newest first
     */
    private record View(Instant asOf, List<Incarnation> incarnations, Optional<List<UnreadView>> unreadable) {
        record Incarnation(
                ClusterName cluster,
                SystemIdentifier systemIdentifier,
                boolean proven,
                Optional<Instant> provenTo,
                Optional<String> drill,
                Optional<String> problem,
                Optional<String> hint,
                long recoverableSeconds,
                long drilledSeconds,
                Optional<Long> rtoSeconds,
                Optional<Long> restoreSeconds,
                List<Stretch> undrilled,
                List<Backup> backups,
                List<Question> questions,
                List<Drill> drills,
                List<Chain> chains) {
            static Incarnation of(DrillProof proof, Instant from) {
                Optional<DrillEvidence> by =
                        proof.verdict() instanceof Verdict.Proven proven ? Optional.of(proven.by()) : Optional.empty();
                Optional<Verdict.NotProven> not =
                        proof.verdict() instanceof Verdict.NotProven other ? Optional.of(other) : Optional.empty();
                return new Incarnation(
                        proof.identity().cluster(),
                        proof.identity().system(),
                        by.isPresent(),
                        by.flatMap(DrillEvidence::provenTo),
                        by.map(DrillEvidence::id),
                        not.map(Verdict.NotProven::why),
                        not.map(Verdict.NotProven::hint),
                        proof.time().all().toSeconds(),
                        proof.time().drilled().toSeconds(),
                        proof.rto().map(Duration::toSeconds),
                        proof.restore().map(Duration::toSeconds),
                        Json.list(proof.time().undrilled(), Stretch::of),
                        Json.list(proof.backups(), Backup::of),
                        Json.list(proof.questions(), Question::of),
                        Json.list(proof.drillsSince(from), drill -> Drill.of(proof, drill)),
                        Json.list(proof.chains(), Chain::of));
            }
        }

        record Stretch(Timeline timeline, Instant from, Instant until, String backup) {
            static Stretch of(DrilledTime.Stretch stretch) {
                return new Stretch(stretch.timeline(), stretch.from(), stretch.until(), stretch.backup());
            }
        }

        record Question(
                String name,
                String drill,
                Instant asked,
                Optional<Instant> sameSince,
                boolean passed,
                Optional<String> fault) {
            static Question of(Asked asked) {
                return new Question(
                        asked.name(),
                        asked.drill().id(),
                        asked.drill().ended(),
                        asked.since(),
                        asked.judged().fault().isEmpty(),
                        asked.judged().fault());
            }
        }

        record Backup(BackupId id, Instant ended, boolean broken, Optional<Instant> drilled, Optional<Boolean> proven) {
            static Backup of(DrilledBackup backup) {
                return new Backup(
                        backup.id(),
                        backup.ended(),
                        backup.isBroken(),
                        backup.last().map(DrillEvidence::ended),
                        backup.last().map(DrillEvidence::isProven));
            }
        }

        record Drill(
                String id,
                String host,
                Instant begun,
                Instant ended,
                boolean proven,
                Optional<Instant> provenTo,
                String target,
                Optional<String> value,
                String chosen,
                Optional<BackupId> backup,
                Optional<Timeline> timeline,
                Optional<String> failed,
                Optional<String> fault,
                Optional<String> detail,
                List<String> repositories,
                String programVersion,
                Optional<Integer> postgresVersion,
                long filesSeconds,
                long replaySeconds,
                long judgingSeconds,
                List<Judgement> judgements,
                List<Place> evidence) {
            record Judgement(String name, boolean passed, Optional<String> fault, Optional<String> detail) {
                static Judgement of(DrillEvidence.Judged judged) {
                    return new Judgement(judged.name(), judged.fault().isEmpty(), judged.fault(), judged.detail());
                }
            }

            record Place(String repository, int number, String key) {
                static Place of(DrillProof.Place place) {
                    return new Place(
                            place.repository(), place.number(), place.key().value());
                }
            }

            static Drill of(DrillProof proof, DrillEvidence drill) {
                return new Drill(
                        drill.id(),
                        drill.host(),
                        drill.begun(),
                        drill.ended(),
                        drill.isProven(),
                        drill.provenTo(),
                        drill.target().kind(),
                        drill.target().value(),
                        drill.target().chosen(),
                        drill.restored().map(DrillEvidence.Restored::backup),
                        drill.restored().map(DrillEvidence.Restored::timeline),
                        drill.failure().map(DrillEvidence.Judged::name),
                        drill.failure().flatMap(DrillEvidence.Judged::fault),
                        drill.failure().flatMap(DrillEvidence.Judged::detail),
                        drill.repositories().stream()
                                .map(DrillEvidence.Source::id)
                                .toList(),
                        drill.programVersion(),
                        drill.postgresVersion(),
                        drill.took().files().toSeconds(),
                        drill.took().replay().toSeconds(),
                        drill.took().judging().toSeconds(),
                        Json.list(drill.judgements(), Judgement::of),
                        Json.list(proof.places(drill), Place::of));
            }
        }

        record Chain(
                String repository,
                String storedFirstIn,
                String hostId,
                Optional<String> host,
                int first,
                int last,
                int signatures,
                Optional<Integer> signed,
                List<String> keys,
                boolean whole,
                List<ChainProblem> problems) {
            record ChainProblem(String key, String problem) {
                static ChainProblem of(Problem problem) {
                    return new ChainProblem(problem.key().value(), problem.text());
                }
            }

            static Chain of(HeldChain held) {
                return new Chain(
                        held.repository(),
                        held.chain().keys().repository().toString(),
                        held.chain().keys().host().toString(),
                        held.chain().host(),
                        held.chain().first(),
                        held.chain().last(),
                        held.chain().signed(),
                        held.signed(),
                        held.signatures().stream()
                                .flatMap(each -> each.keys().stream())
                                .toList(),
                        held.isWhole(),
                        Json.list(held.problems(), ChainProblem::of));
            }
        }
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        if (days < 1) {
            throw new UserFacingException(
                    ExitCode.USAGE, "--days is " + days + ", and has to be 1 or more", "Leave it out: it is 90 then.");
        }
        Instant now = context.clock().instant();
        Instant from = now.minus(Duration.ofDays(days));
        try (Session session = global.readingSession(context)) {
            ClusterReading reading = ClusterReading.of(session, WalReading.WHOLE, now);
            UnreadRepositories.warn(output, reading.repositories());
            List<DrillProof> proofs =
                    DrillProof.of(session, reading, !global.repositories().isEmpty());
            if (output.isJson()) {
                output.json(new View(
                        now,
                        Json.list(proofs, proof -> View.Incarnation.of(proof, from)),
                        UnreadView.of(reading.repositories())));
            } else {
                proofs.forEach(proof -> ProofLines.print(output, proof, session.names(), from, now));
            }
            boolean isProven = proofs.getFirst().verdict() instanceof Verdict.Proven
                    && proofs.stream().allMatch(DrillProof::isWhole);
            return isProven ? reading.repositories().status() : ExitCode.NO;
        }
    }
}
