// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.backups;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.backup.request.BackupOptions;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.process.ProgramVersion;
import org.tidemark.config.BackupServer;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sizes;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.backups.BackupRun;
import org.tidemark.session.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "backup",
        description = {
            "Takes a base backup, and prints its id.",
            "The backup is complete once every WAL segment that it needs is archived. So the command tests archiving on"
                    + " a primary, if the role may call pg_switch_wal: it closes a WAL segment, and stores no data"
                    + " before that segment is archived.",
            "With several repositories, PostgreSQL's files are read once and stored in all of them at the same time."
                    + " Repositories with different encrypt-to get backups with different ids. 'tidemark sync'"
                    + " completes a repository that missed the backup, if another one has the same encrypt-to.",
        })
@Help(
        group = Help.Group.BACKUPS,
        synopsis = "backup [--type TYPE] [--from SERVER] [--method METHOD] [--read-limit SIZE] [--name TEXT]",
        examples = {"tidemark backup", "tidemark backup --name 'before 5.0' --output json"},
        uses = {Help.Uses.REPOSITORY, Help.Uses.POSTGRES},
        statuses = {
            ExitCode.DONE,
            ExitCode.USAGE,
            ExitCode.STORE_FULL,
            ExitCode.WRONG_CLUSTER,
            ExitCode.DAMAGED_PAGES,
            ExitCode.BACKUP_FAILED,
            ExitCode.WAL_NOT_ARCHIVED,
            ExitCode.LOCAL_FILES,
            ExitCode.INTERRUPTED
        })
public final class BackupCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            defaultValue = "auto",
            description =
                    "full: store every file; incremental: store what has changed since the newest backup; auto: as"
                            + " the schedule in the configuration says, full without one")
    private String type = "auto";

    @Option(
            names = "--from",
            paramLabel = "SERVER",
            description =
                    "the server to take it from, where conninfo names several: primary, standby or prefer-standby,"
                            + " which takes it from the primary while no standby answers")
    private @Nullable String from;

    @Option(
            names = "--method",
            paramLabel = "METHOD",
            defaultValue = "auto",
            description =
                    "local: read the data directory on this host, with several threads; ssh: read it on the cluster's"
                            + " ssh-host; stream: PostgreSQL sends its files; auto: local on PostgreSQL's host if the"
                            + " user and the role have the rights, otherwise ssh if the cluster has an ssh-host,"
                            + " otherwise stream")
    private String method = "auto";

    @Option(
            names = "--read-limit",
            paramLabel = "SIZE",
            description = "the most that is read of PostgreSQL's files per second, such as 50MiB; at least 32KiB")
    private @Nullable String readLimit;

    @Option(names = "--name", paramLabel = "TEXT", description = "a name for the backup, in addition to its id")
    private @Nullable String name;

    public BackupCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException {
        BackupOutput shown = new BackupOutput(global.output(context));
        Optional<BaseBackup.Type> wanted = knownType();
        Optional<BackupServer> server = knownServer();
        OptionalLong limit = knownLimit();
        try (Session session = global.session(context)) {
            BackupRun.Result result = new BackupRun(session, context.clock(), ProgramVersion.text(), shown)
                    .run(new BackupRun.Wanted(wanted, server, knownMethod(), Optional.ofNullable(name), limit));
            shown.finish(result);
            return result.status();
        }
    }

    private Optional<BackupServer> knownServer() {
        try {
            return Optional.ofNullable(from).map(BackupServer::parse);
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "'" + from + "' is no server to take a backup from",
                    "It is " + BackupServer.EXPECTED + ".",
                    e);
        }
    }

    private SourceMethod knownMethod() {
        return SourceMethod.of(method)
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "there is no backup method '" + method + "'",
                        "It is auto, stream, local or ssh."));
    }

    private OptionalLong knownLimit() {
        OptionalLong limit = readLimit == null ? OptionalLong.empty() : Sizes.parse(readLimit);
        if (readLimit != null && limit.orElse(0) < BackupOptions.MIN_READ_LIMIT) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "'" + readLimit + "' is not a limit of reads",
                    "Give a size per second, 32KiB or more, such as: --read-limit 50MiB");
        }
        return limit;
    }

    private Optional<BaseBackup.Type> knownType() {
        return switch (type) {
            case "auto" -> Optional.empty();
            case "full" -> Optional.of(BaseBackup.Type.FULL);
            case "incremental" -> Optional.of(BaseBackup.Type.INCREMENTAL);
            default ->
                throw new UserFacingException(
                        ExitCode.USAGE, "there is no backup type '" + type + "'", "It is auto, full or incremental.");
        };
    }
}
