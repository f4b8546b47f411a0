// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.setup;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tidemark.config.Configuration;
import org.tidemark.config.ConfigurationFiles;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.config.Environment;
import org.tidemark.config.SecretMask;
import org.tidemark.config.Setting;
import org.tidemark.config.Setting.Origin;
import org.tidemark.config.Setting.SettingKey;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.ShellWord;
import org.tidemark.core.SystemUser;
import org.tidemark.core.UserFacingException;
import org.tidemark.server.ServerSettings;
import org.tidemark.session.Session;

/** The configuration for {@code init --url}, which writes it if there is none. */
public final class FirstConfiguration {
    private static final String REPOSITORY = "local";

    private final Environment environment;
    private final Clock clock;
    private final Session.Choice choice;
    private final Optional<URI> url;
    private final Optional<String> conninfo;

    private FirstConfiguration(
            Environment environment, Clock clock, Session.Choice choice, Optional<URI> url, Optional<String> conninfo) {
        this.environment = environment;
        this.clock = clock;
        this.choice = choice;
        this.url = url;
        this.conninfo = conninfo;
    }

    /** Refuses options that would contradict an existing configuration. */
    public static FirstConfiguration of(
            Environment environment, Clock clock, Session.Choice choice, Optional<URI> url, Optional<String> conninfo) {
        FirstConfiguration first = new FirstConfiguration(environment, clock, choice, url, conninfo);
        if (conninfo.isPresent() && SecretMask.hasSecret(conninfo.get())) {
            throw passwordInArgument();
        }
        if (url.isEmpty() && conninfo.isPresent()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--conninfo is for a first configuration, together with --url",
                    "Set conninfo in the configuration; see it with: tidemark config");
        }
        if (url.isPresent() && first.existing().isPresent()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "there is already a configuration: '" + first.existing().get() + "'",
                    "Add the repository to it, name it in 'repositories' of the cluster, and run this command"
                            + " without --url:\n  [repository.NAME]\n  url = \"" + url.get() + "\"");
        }
        if (url.isPresent()) {
            first.place(); // refused before anything is registered
        }
        return first;
    }

    private Optional<Path> existing() {
        return ConfigurationFiles.candidates(environment, choice.file()).stream()
                .filter(Files::exists)
                .findFirst();
    }

    /** Whether there is no configuration yet. */
    boolean isToBeWritten() {
        return url.isPresent();
    }

    /** As it will be in the configuration, so that ids saved now are found later. */
    Session session(Optional<Path> dataDirectory, PrintStream warnings) {
        if (url.isEmpty()) {
            return Session.open(environment, clock, choice, warnings);
        }
        String cluster = choice.cluster().map(ClusterName::value).orElse("main");
        List<Setting> settings = new ArrayList<>(choice.settings());
        settings.add(new Setting(
                SettingKey.of("repository", REPOSITORY, "url"), url.get().toString(), Origin.option("--url")));
        settings.add(
                new Setting(SettingKey.of("cluster", cluster, "repositories"), REPOSITORY, Origin.option("--url")));
        conninfo.ifPresent(text -> settings.add(
                new Setting(SettingKey.of("cluster", cluster, "conninfo"), text, Origin.option("--conninfo"))));
        dataDirectory.ifPresent(path -> settings.add(new Setting(
                SettingKey.of("cluster", cluster, "data-directory"), path.toString(), Origin.option("--conninfo"))));
        // The file of --config is the one to be written: it does not exist yet.
        Configuration configuration = new ConfigurationLoader(environment, clock)
                .loadWithoutFiles(settings)
                .configuration();
        return new Session(environment, choice, configuration, warnings);
    }

    /** The path where it was (or would be) written; empty if there was a configuration. */
    Optional<Path> write(ClusterName cluster, ServerSettings server, Optional<String> publicKey, boolean dryRun)
            throws IOException {
        if (!isToBeWritten()) {
            return Optional.empty();
        }
        Path file = place();
        if (!dryRun) {
            DurableText.create(file, text(cluster, server, publicKey));
        }
        return Optional.of(file);
    }

    private Path place() {
        List<Path> candidates = ConfigurationFiles.candidates(environment, choice.file());
        for (Path candidate : candidates) {
            Path existing = candidate.getParent();
            while (existing != null && !Files.exists(existing)) {
                existing = existing.getParent();
            }
            if (existing != null && Files.isWritable(existing)) {
                return candidate;
            }
        }
        String user = SystemUser.current();
        Path directory = Objects.requireNonNullElse(candidates.getFirst().getParent(), Path.of("/"));
        throw new UserFacingException(
                ExitCode.LOCAL_FILES,
                "the configuration cannot be written: "
                        + candidates.stream().map(file -> whyNot(file, user)).collect(Collectors.joining("; ")),
                "Let root create the directory: install -d -o root -g " + ShellWord.quote(user) + " -m 0770 "
                        + ShellWord.quote(directory.toString()) + ". Or name another file with --config FILE.");
    }

    private static String whyNot(Path file, String user) {
        Path directory = Objects.requireNonNullElse(file.getParent(), Path.of("/"));
        return Files.isDirectory(directory)
                ? "'" + user + "' cannot write to '" + directory + "'"
                : "there is no directory '" + directory + "', and '" + user + "' cannot create it";
    }

    private static String dataDirectory(Path path) {
        String line = "data-directory = " + quoted(path.toString());
        return Files.isDirectory(path)
                ? line
                : "# " + line + "   # if PostgreSQL is on this host\n"
                        + "# ssh-host = \"ssh://postgres@db1\"   # if not: backups read the files there";
    }

    private String text(ClusterName cluster, ServerSettings server, Optional<String> publicKey) {
        String dataDirectory = server.dataDirectory()
                .map(FirstConfiguration::dataDirectory)
                .orElse("# data-directory = \"/var/lib/postgresql/...\"   # the server did not say where");
        return """
                # Tidemark's configuration. The settings in effect, and where each comes from: tidemark config

                [host]
                # spool = "/var/spool/tidemark"    # for WAL that a lagging repository misses, and temporary files
                # spool-limit = "4GiB"             # the maximum size of what is queued for lagging repositories
                # jobs = 0                         # 0: half of the cores, 1 to 8; a backup uses all, up to 8; a restore all
                # push-timeout = "60s"             # how long one archive_command may take; PostgreSQL then tries again
                # fetch-retry = "5m"               # how long one restore_command asks again
                # prefetch = "512MiB"              # so much WAL is fetched ahead of a recovery; "0": none

                [repository.%s]
                url = %s
                # compression = "zstd:1"           # zstd[:level], lz4, gzip[:level], none
                # bandwidth-limit = "50MiB"        # per second
                # retention = "RECOVERY WINDOW OF 30 DAYS"   # or "REDUNDANCY 3"; without it nothing expires
                # minimum-redundancy = 1           # so many usable backups always stay
                # wal-retention = "as backups"     # or a policy: for which backups all later WAL is kept
                # keep = "daily 7, weekly 5, monthly 12, yearly 7"   # stay for longer, without the WAL after them
                %s
                # decrypt-with = ["/etc/tidemark/age.key"]   # private keys: for hosts that restore, not for this one

                [cluster.%s]
                # A password does not belong here: ~/.pgpass of the user that runs tidemark is read.
                conninfo = %s
                %s
                repositories = ["%s"]
                # acknowledge = "all"              # with several: all, or how many must hold a segment; the others catch up
                # rto = "30m"                      # so long a restore may take: "check" warns, and a backup is taken before

                [cluster.%s.schedule]
                backup = "0 2 * * *"               # when "tidemark cron", called each minute, or "tidemark serve" takes a backup
                # full = "0 2 * * 0"               # which backups are full; then all others are incremental
                # backup-on-gap = "15m"            # so long the newest WAL may be impossible to restore; then it takes one
                # verify = "17 3 * * *"            # when it verifies the repositories
                # expire = "47 4 * * *"            # when it deletes expired backups and WAL
                # verify-budget = "8GiB"           # how much it reads then
                # repair = "always"                # or "never": it copies from another repository what it finds damaged
                # days-off = ["12-24"]             # days on which no task begins; also "12-24..12-26", "2027-01-01"
                # time-zone = "UTC"

                [cluster.%s.check]
                # backup-age = "26h"
                # wal-age = "15m"
                # unverified-for = "35d"
                # unproven-for = "90d"             # of private keys, if encrypt-to is set: tidemark keys
                # free-space = "15%%"
                # replication-lag = "1GiB"
                """.formatted(
                REPOSITORY,
                quoted(url.orElseThrow().toString()),
                publicKey
                        .map(key -> "encrypt-to = [" + quoted(key) + "]")
                        .orElse("# encrypt-to = [\"age1...\"]          # made by: tidemark init --make-key FILE"),
                tomlName(cluster),
                quoted(conninfo.orElse("dbname=postgres")),
                dataDirectory,
                REPOSITORY,
                tomlName(cluster),
                tomlName(cluster));
    }

    private static String tomlName(ClusterName cluster) {
        return cluster.value().contains(".") ? quoted(cluster.value()) : cluster.value();
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    /** Refuses a connection string with a password. */
    public static UserFacingException passwordInArgument() {
        return new UserFacingException(
                ExitCode.USAGE,
                "a password does not belong in an argument: every user of the host can read it",
                "Put it into ~/.pgpass (mode 0600) of the user that runs tidemark, or into the variable PGPASSWORD.");
    }
}
