// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tidemark.backup.BackupOptions;
import org.tidemark.backup.BackupTaker;
import org.tidemark.catalog.Encryption;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.StorageFailure;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.cli.ProgramVersion;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Progress;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostName;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.Session;
import org.tidemark.operations.sync.BackupCopies;
import org.tidemark.operations.sync.QueueDelivery;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "backup",
        description = {
            "Takes a base backup, and prints its id.",
            "On a primary it first has one WAL segment archived, where the role may call pg_switch_wal: a backup"
                    + " without its WAL is of no use. Then it waits until every WAL segment that the backup needs is"
                    + " archived: only then does the backup exist. With several repositories it is taken into the first"
                    + " one, or the first --repository, and copied from there to the others, with the WAL that it needs."
                    + " If the first one is unavailable, the backup goes to the next. A repository that missed it gets it"
                    + " by 'tidemark sync'.",
        })
@Help(
        group = Help.Group.BACKUPS,
        synopsis = "backup [--type auto|full] [--name TEXT]",
        examples = {"tidemark backup", "tidemark backup --name 'before 5.0' --output json"},
        statuses = {
            ExitCode.DONE,
            ExitCode.USAGE,
            ExitCode.STORE_UNAVAILABLE,
            ExitCode.STORE_DENIED,
            ExitCode.NO_REPOSITORY,
            ExitCode.OTHER_REPOSITORY,
            ExitCode.STORE_FULL,
            ExitCode.WRONG_CLUSTER,
            ExitCode.DAMAGED_PAGES,
            ExitCode.POSTGRES_UNAVAILABLE,
            ExitCode.POSTGRES_REFUSED,
            ExitCode.BACKUP_FAILED,
            ExitCode.WAL_NOT_ARCHIVED,
            ExitCode.LOCAL_FILES,
            ExitCode.INTERRUPTED
        })
final class BackupCommand implements Callable<ExitCode> {
    private static final String WORK = "work";

    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Option(
            names = "--type",
            paramLabel = "auto|full",
            defaultValue = "auto",
            description = "full: every byte of every file; auto: picks the best type, which currently is always full")
    private String type = "auto";

    @Option(names = "--name", paramLabel = "TEXT", description = "a name for the backup, in addition to its id")
    private @Nullable String name;

    BackupCommand(CommandContext context) {
        this.context = context;
    }

    private record Taken(RepositorySettings repository, BaseBackup backup) {}

    @Override
    public ExitCode call() throws IOException {
        Output output = global.output(context);
        requireKnownType();
        try (Session session = global.session(context)) {
            List<Taken> taken = new ArrayList<>();
            List<UserFacingException> failures = new ArrayList<>();
            // What is encrypted for one repository is no copy for another with other recipients, or with none.
            Map<Optional<Encryption>, BackupCopies> groups = new LinkedHashMap<>();
            for (RepositorySettings settings : session.repositorySettings()) {
                Optional<Encryption> encryption = settings.encoding().encryption();
                BackupCopies copies = groups.get(encryption);
                if (copies != null) {
                    if (copies.copyTo(settings)) {
                        taken.add(new Taken(settings, copies.backup()));
                    }
                    continue;
                }
                BaseBackup backup;
                try {
                    backup = take(session, settings, output);
                } catch (IOException | UserFacingException e) {
                    UserFacingException failure = failureOfOne(e);
                    if (session.repositorySettings().size() == 1) {
                        throw failure;
                    }
                    failures.add(failure);
                    output.warn("no backup in '" + settings.name() + "': " + failure.getMessage(), failure.hint());
                    continue;
                }
                if (!output.isJson()) {
                    // At once: if the next repository fails, the backup exists all the same.
                    output.line(backup.id().value());
                }
                say(output, settings, backup);
                taken.add(new Taken(settings, backup));
                groups.put(
                        encryption,
                        new BackupCopies(session, settings, backup, title -> output.progress(title, 0), output::tell));
            }
            if (taken.isEmpty()) {
                throw failures.getFirst();
            }
            if (output.isJson()) {
                output.json(json(taken));
            }
            boolean damaged =
                    taken.stream().anyMatch(each -> each.backup().contents().damagedPagesCount() > 0);
            return Stream.concat(
                            failures.stream().map(UserFacingException::exitCode),
                            groups.values().stream().flatMap(copies -> copies.failure().stream()))
                    .findFirst()
                    .orElse(damaged ? ExitCode.DAMAGED_PAGES : ExitCode.DONE);
        }
    }

    /** What one repository failed with; throws what would fail with the next one as well. */
    private static UserFacingException failureOfOne(Exception e) {
        UserFacingException failure =
                e instanceof IOException io ? StorageFailure.explain(io) : (UserFacingException) e;
        return switch (failure.exitCode()) {
            case USAGE, POSTGRES_UNAVAILABLE, POSTGRES_REFUSED, INTERRUPTED, LOCAL_FILES -> throw failure;
            default -> failure;
        };
    }

    private void requireKnownType() {
        switch (type) {
            case "auto", "full" -> {}
            case "incremental" ->
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "this version takes no incremental backups",
                        "Take a full one with: tidemark backup");
            default ->
                throw new UserFacingException(
                        ExitCode.USAGE, "there is no backup type '" + type + "'", "It is auto or full.");
        }
    }

    private BaseBackup take(Session session, RepositorySettings settings, Output output) throws IOException {
        Repository repository = session.repository(settings);
        ClusterName cluster = session.clusterName(repository);
        new QueueDelivery(session, context.clock()).deliverBeforeBackup(settings, output::tell);
        try (Progress progress = output.progress(settings.name(), 0)) {
            return new BackupTaker(
                            repository,
                            cluster,
                            options(session, settings),
                            context.clock(),
                            new SecureRandom(),
                            new BackupProgress(progress, output))
                    .take(session.connection());
        }
    }

    private BackupOptions options(Session session, RepositorySettings settings) throws IOException {
        Path work = session.configuration()
                .host()
                .workDirectory()
                .orElseGet(() -> session.spool().resolve(WORK));
        SpoolDirectory.make(work);
        return new BackupOptions(
                Optional.ofNullable(name),
                settings.encoding(),
                session.configuration()
                        .host()
                        .effectiveJobs(Runtime.getRuntime().availableProcessors()),
                session.configuration().host().bundlesInFlight(),
                work,
                Checkpoint.FAST,
                OptionalInt.empty(),
                session.configuration().host().walWait(),
                HostName.ofThisMachine(),
                ProgramVersion.text());
    }

    private static void say(Output output, RepositorySettings settings, BaseBackup backup) {
        output.say(String.format(
                Locale.ROOT,
                "backup %s is complete in '%s': %s, stored as %s; its WAL is archived: %s",
                backup.id(),
                settings.name(),
                Amounts.size(backup.contents().dataSizeBytes()),
                Amounts.size(backup.contents().storedSizeBytes()),
                backup.walFirst().equals(backup.walLast())
                        ? backup.walFirst().name()
                        : backup.walFirst().name() + " .. " + backup.walLast().name()));
        if (backup.contents().damagedPagesCount() > 0) {
            output.warn(
                    backup.contents().damagedPagesCount() + " pages of the cluster itself are damaged",
                    "List them with: tidemark show-backup " + backup.id());
        }
    }

    private static ObjectNode json(List<Taken> taken) {
        ObjectNode document = JsonMapper.shared()
                .createObjectNode()
                .put("formatVersion", 1)
                .put("id", taken.getFirst().backup().id().value());
        ArrayNode backups = document.putArray("backups");
        for (Taken each : taken) {
            backups.addObject()
                    .put("id", each.backup().id().value())
                    .put("type", each.backup().type().toString())
                    .put("repository", each.repository().name())
                    .put("dataSize", each.backup().contents().dataSizeBytes())
                    .put("storedSize", each.backup().contents().storedSizeBytes())
                    .put("damagedPages", each.backup().contents().damagedPagesCount());
        }
        return document;
    }
}
