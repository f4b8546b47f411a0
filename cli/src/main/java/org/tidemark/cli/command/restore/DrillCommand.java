// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.ZoneId;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.backup.SigningKey;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.LauncherPath;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Progress;
import org.tidemark.cli.process.ProgramVersion;
import org.tidemark.config.DrillSettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.drill.DrillMoment;
import org.tidemark.operations.drill.DrillPlan;
import org.tidemark.operations.drill.DrillReport;
import org.tidemark.operations.drill.DrillRun;
import org.tidemark.operations.drill.HeldBackup;
import org.tidemark.operations.drill.ScratchDirectory;
import org.tidemark.operations.drill.StoredEvidence;
import org.tidemark.session.GivenTime;
import org.tidemark.session.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "drill",
        description = {
            "Proves that a moment can be restored: restores it into a new directory, starts PostgreSQL there, judges the"
                    + " copy, and removes everything.",
            "The moment is chosen at random over the recoverable time. The copy is reached by nobody, archives nothing,"
                    + " and follows no server. It is judged by the WAL that was read before, by PostgreSQL, by every"
                    + " page, and by the questions of the configuration.",
            "The first line of the output says PROVEN or NOT PROVEN. With --dry-run the plan is shown, and nothing is"
                    + " written.",
        })
@Help(
        group = Help.Group.RESTORE,
        synopsis = {
            "drill [--to DIR] [--target random|latest|TIME|LSN] [--timeline N] [--seed N]",
            "    [--keep] [--dry-run]",
        },
        examples = {
            "tidemark drill --to /var/tmp/drill",
            "tidemark drill --to /var/tmp/drill --target latest",
            "tidemark drill --to /var/tmp/drill --target '2026-11-20 06:30:00+01' --keep",
            "tidemark drill --to /var/tmp/drill --seed 4711 --dry-run"
        },
        uses = Help.Uses.REPOSITORY,
        statuses = {
            ExitCode.DONE,
            ExitCode.NO,
            ExitCode.USAGE,
            ExitCode.STORE_UNAVAILABLE,
            ExitCode.STORE_DENIED,
            ExitCode.STORE_FULL,
            ExitCode.DAMAGED,
            ExitCode.NO_KEY,
            ExitCode.NO_BACKUP,
            ExitCode.RESTORE_REFUSED,
            ExitCode.LOCAL_FILES
        })
public final class DrillCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Option(
            names = "--to",
            paramLabel = "DIR",
            description = "the drill makes a directory of its own in DIR; default: drill.directory")
    private @Nullable Path to;

    @Option(
            names = "--target",
            paramLabel = "random|latest|TIME|LSN",
            description =
                    "the moment to restore: random; latest, all archived WAL; a time with its zone; or a WAL position."
                            + " Default: random")
    private String target = "random";

    @Option(names = "--timeline", paramLabel = "N", description = "the timeline of a target that is named")
    private @Nullable Integer timeline;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "choose as the drill that printed this seed, if the archive is the same as then")
    private @Nullable Long seed;

    @Option(names = "--keep", description = "leave the copy, stopped, and print how to start it")
    private boolean keep;

    @Option(names = "--dry-run", description = "show the plan and what will be judged, but write nothing")
    private boolean dryRun;

    public DrillCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException, InterruptedException {
        Output output = global.output(context);
        Optional<RecoveryTarget> given = target();
        if (seed != null && given.isPresent()) {
            throw new UserFacingException(
                    ExitCode.USAGE, "--seed chooses a moment, and --target names one", "Leave out one of them.");
        }
        if (timeline != null && (timeline < 1 || given.isEmpty())) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--timeline is a number, and belongs to a --target",
                    "Name the moment, or leave it out.");
        }
        try (Session session = global.readingSession(context)) {
            DrillSettings settings = session.configuration().drill();
            Path parent = parent(settings);
            Optional<SigningKey> signer = settings.signingKey().map(SigningKey::read);
            if (!dryRun) {
                ScratchDirectory.refuseRoot();
                ScratchDirectory.removeAbandoned(parent)
                        .forEach(each -> output.say("removed what an interrupted drill had left: '" + each + "'"));
            }
            long chosen = seed != null ? seed : new SecureRandom().nextInt(DrillMoment.SEEDS);
            DrillPlan plan;
            try (Progress progress = output.progress("searching the archived WAL for the target", 0)) {
                plan = DrillPlan.of(
                        session,
                        given,
                        Optional.ofNullable(timeline).map(Timeline::new),
                        chosen,
                        parent,
                        context.clock().instant(),
                        progress::show);
            }
            DrillOutput shown = new DrillOutput(output, plan);
            if (dryRun) {
                boolean isPossible = shown.planned(settings.questions());
                plan.requirePrograms();
                return isPossible ? ExitCode.DONE : ExitCode.NO;
            }
            shown.begins();
            String launcher = LauncherPath.absolute(context.environment());
            DrillReport report = new DrillRun(session, context.clock(), plan, shown)
                    .run(
                            restored -> Restoration.fetching(context, global, plan.source(), restored, launcher),
                            settings.questions(),
                            keep);
            StoredEvidence evidence = StoredEvidence.of(session, report, ProgramVersion.text(), signer);
            shown.finish(
                    report,
                    evidence,
                    HeldBackup.after(session, report, context.clock().instant()));
            return report.isProven()
                    ? evidence.failure().map(UserFacingException::exitCode).orElse(ExitCode.DONE)
                    : ExitCode.NO;
        }
    }

    private Path parent(DrillSettings settings) {
        return Optional.ofNullable(to)
                .or(settings::directory)
                .map(directory -> context.environment()
                        .workingDirectory()
                        .resolve(directory)
                        .normalize())
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "it is not known where to hold the drill",
                        "Name a directory with enough space with --to DIR, or in the configuration as"
                                + " drill.directory."));
    }

    /** Empty for a random one. */
    private Optional<RecoveryTarget> target() {
        if (target.equals("random")) {
            return Optional.empty();
        }
        if (target.equals("latest")) {
            return Optional.of(new RecoveryTarget.Latest());
        }
        try {
            return Optional.of(new RecoveryTarget.AtLsn(Lsn.parse(target), Bound.INCLUSIVE));
        } catch (IllegalArgumentException e) {
            return Optional.of(
                    new RecoveryTarget.AtTime(GivenTime.parse(target, ZoneId.systemDefault()), Bound.INCLUSIVE));
        }
    }
}
