// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.ClusterSettings.CheckSettings;
import org.tidemark.config.Configuration.HostSettings;
import org.tidemark.config.ConfigurationLoader.EffectiveConfiguration;
import org.tidemark.config.RepositorySettings.KeySettings;
import org.tidemark.config.ScheduleSettings.FullBackups;
import org.tidemark.config.Setting.Origin;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SshDestination;
import org.tidemark.core.UserFacingException;
import org.tidemark.retention.LongTermRule;
import org.tidemark.retention.RetentionPolicy;
import org.tidemark.retention.RetentionSettings;

class ConfigurationLoaderTest {
    private static final String COMPLETE = """
            [host]
            spool = "/var/spool/elsewhere"
            jobs = 3
            bundle-size = "16MiB"
            bundles-in-flight = 8
            spool-limit = "2GiB"
            push-timeout = "10s"
            push-ahead = 16
            fetch-retry = "2m"
            prefetch = "64MiB"
            pg-wal-full = "drop at 10GiB free"
            wal-wait = "20m"
            backup-checkpoint = "spread"
            backup-read-limit = "100MiB"
            work-directory = "/var/tmp"
            log = "/var/log/tidemark/tidemark.log"
            log-level = "warning"

            [service]
            listen = "127.0.0.1:9835"
            metrics-listen = "[::1]:9834"
            metrics-file = "/var/lib/prometheus/tidemark.prom"
            [fleet]
            repositories = ["off-site"]

            [repository.local]
            url = "file:///var/lib/tidemark"
            compression = "gzip:6"
            bandwidth-limit = "50MiB"
            access = "group"
            retention = "recovery window of 30 days"
            minimum-redundancy = 2
            wal-retention = "REDUNDANCY 3"
            keep = "daily 7, weekly 5, monthly 12, yearly 7"
            max-reference-age = "35d"

            [repository.off-site]
            url = "file:///mnt/offsite"

            [cluster.main]
            conninfo = "host=db1 user=tidemark dbname=postgres"
            data-directory = "/var/lib/postgresql/15/main"
            repositories = ["off-site", "local"]
            acknowledge = 1
            rto = "30m"
            backup-from = "prefer-standby"
            receive-slot = "tidemark"
            ssh-host = "ssh://postgres@db1"
            ssh-config = "/etc/tidemark/ssh_config"
            before-backup = "/usr/local/bin/before-backup"
            after-backup = "/usr/local/bin/after-backup"

            [cluster.main.check]
            backup-age = "35d"
            wal-age = "1h"
            free-space = "5%"
            unverified-for = "90d"
            unproven-for = "1d"
            undrilled-for = "10d"
            replication-lag = "3MiB"
            """;

    @TempDir
    private Path directory;

    private final Map<String, String> variables = new HashMap<>();
    private Path file = Path.of("/");

    @BeforeEach
    void systemFile() throws IOException {
        file = directory.resolve("etc/tidemark/tidemark.toml");
        Files.createDirectories(file.resolveSibling("conf.d"));
    }

    private Environment environment() {
        return new Environment(variables, directory, directory.resolve("home"), directory);
    }

    private EffectiveConfiguration load(Optional<Path> explicit) {
        // By this clock every file has settled long ago, so that the cache is used.
        Clock later = Clock.offset(Clock.systemUTC(), Duration.ofHours(1));
        return new ConfigurationLoader(environment(), later).load(explicit, List.of());
    }

    private Configuration load() {
        return load(Optional.empty()).configuration();
    }

    private String problems() {
        return catchThrowableOfType(ConfigurationException.class, this::load).getMessage();
    }

    @Test
    void aByteOrderMarkIsNoPartOfTheFirstLine() throws IOException {
        Files.writeString(file, "\uFEFF[host]\nspool = '/srv/spool'\n");

        assertThat(load().host().spool()).contains(Path.of("/srv/spool"));
    }

    @Test
    void everyKeyIsRead() throws IOException {
        Files.writeString(file, COMPLETE);

        Configuration configuration = load();

        assertThat(configuration.service())
                .isEqualTo(new ServiceSettings(
                        Optional.of(new ServiceSettings.Address("127.0.0.1", 9835)),
                        Optional.of(new ServiceSettings.Address("::1", 9834)),
                        Optional.of(Path.of("/var/lib/prometheus/tidemark.prom"))));
        assertThat(configuration.fleet()).containsExactly("off-site");
        assertThat(configuration.host())
                .isEqualTo(new HostSettings(
                        Optional.of(Path.of("/var/spool/elsewhere")),
                        3,
                        16L << 20,
                        8,
                        2L << 30,
                        Duration.ofSeconds(10),
                        16,
                        Duration.ofMinutes(2),
                        64L << 20,
                        10L << 30,
                        Duration.ofMinutes(20),
                        true,
                        OptionalLong.of(100L << 20),
                        Optional.of(Path.of("/var/tmp")),
                        Optional.of(new LogSettings(
                                new LogSettings.LogFile(Path.of("/var/log/tidemark/tidemark.log")),
                                LogSettings.Level.WARNING))));
        assertThat(configuration.repositories().values())
                .containsExactlyInAnyOrder(
                        new RepositorySettings(
                                "local",
                                URI.create("file:///var/lib/tidemark"),
                                "gzip:6",
                                OptionalLong.of(50L << 20),
                                KeySettings.NONE,
                                Map.of("access", "group"),
                                Optional.of(new RetentionSettings(
                                        Optional.of(RetentionPolicy.parse("RECOVERY WINDOW OF 30 DAYS")),
                                        Optional.of(RetentionPolicy.parse("REDUNDANCY 3")),
                                        LongTermRule.parseAll("daily 7, weekly 5, monthly 12, yearly 7"),
                                        2)),
                                Optional.of(Duration.ofDays(35)),
                                Optional.of(Origin.line(file, 27))),
                        new RepositorySettings(
                                "off-site",
                                URI.create("file:///mnt/offsite"),
                                "zstd:1",
                                OptionalLong.empty(),
                                KeySettings.NONE,
                                Map.of(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.of(Origin.line(file, 38))));
        ClusterName main = new ClusterName("main");
        assertThat(configuration.clusters())
                .containsEntry(
                        main,
                        new ClusterSettings(
                                main,
                                Optional.of("host=db1 user=tidemark dbname=postgres"),
                                Optional.of(Path.of("/var/lib/postgresql/15/main")),
                                List.of("off-site", "local"),
                                OptionalInt.of(1),
                                new CheckSettings(
                                        Duration.ofDays(35),
                                        Duration.ofHours(1),
                                        Duration.ofDays(90),
                                        Duration.ofDays(1),
                                        Optional.of(Duration.ofDays(10)),
                                        5,
                                        3L << 20),
                                Optional.of(new ScheduleSettings(
                                        Map.of(
                                                ScheduledTask.EXPIRE,
                                                CronSchedule.parse("47 4 * * *", ZoneId.of("UTC")),
                                                ScheduledTask.VERIFY,
                                                CronSchedule.parse("17 3 * * *", ZoneId.of("UTC"))),
                                        Optional.of(Duration.ofMinutes(15)),
                                        new FullBackups.All(),
                                        8L << 30,
                                        true)),
                                Optional.of(Duration.ofMinutes(30)),
                                Optional.of(BackupServer.PREFER_STANDBY),
                                Optional.of("tidemark"),
                                Optional.of(new SshDestination(Optional.of("postgres"), "db1", OptionalInt.empty())),
                                Optional.of(Path.of("/etc/tidemark/ssh_config")),
                                Optional.of(Path.of("/usr/local/bin/before-backup")),
                                Optional.of(Path.of("/usr/local/bin/after-backup"))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"drop", "drop at 10GiB", "drop at free", "drop at 0GiB free", "drop at ten free", "10GiB", ""})
    void whatIsNoValveIsRefused(String value) throws IOException {
        Files.writeString(file, "[host]\npg-wal-full = \"" + value + "\"\n");

        assertThat(problems()).contains("host.pg-wal-full").contains("drop at 10GiB free");
    }

    @Test
    void theValveCanBeClosed() throws IOException {
        Files.writeString(file, "[host]\npg-wal-full = \"wait\"\n");

        assertThat(load().host().dropWalBelowBytes()).isZero();
    }

    @Test
    void prefetchCanBeTurnedOff() throws IOException {
        Files.writeString(file, "[host]\nprefetch = \"0\"\n");

        assertThat(load().host().prefetchBytes()).isZero();
    }

    @Test
    void withoutAnyFileEverythingIsAtItsDefault() {
        Configuration configuration = load();

        assertThat(configuration.repositories()).isEmpty();
        assertThat(configuration.clusters()).isEmpty();
        assertThat(configuration.host())
                .isEqualTo(new HostSettings(
                        Optional.empty(),
                        0,
                        16L << 20,
                        8,
                        4L << 30,
                        Duration.ofSeconds(60),
                        64,
                        Duration.ofMinutes(5),
                        512L << 20,
                        0,
                        Duration.ofMinutes(10),
                        false,
                        OptionalLong.empty(),
                        Optional.empty(),
                        Optional.empty()));
    }

    @Test
    void allProblemsAreReportedAtOnceWithLineKeyAndWhatWouldBeRight() throws IOException {
        Files.writeString(file, """
                [host]
                jbos = 2
                jobs = 65
                spool = "relative/path"
                push-timeout = "60"
                bundle-size = "1GiB"
                [repository.local]
                url = "/var/lib/tidemark"
                compression = "zip"
                bandwidth-limit = "50MB"
                [repository.empty]
                compression = "lz4"
                [cluster.main]
                repositories = ["locla"]
                check.free-space = "101%"
                check.backup-age = "soon"
                [cluster."my cluster"]
                data-directory = "/x"
                """);
        variables.put("TIDEMARK_HOST_FETCH_RETRY", "never");
        variables.put("TIDEMARK_HOST_JOBBS", "2");

        assertThat(problems().lines().skip(1))
                .containsExactlyInAnyOrder(
                        "  " + file + ":2: unknown key 'host.jbos': did you mean 'host.jobs'?",
                        "  " + file
                                + ":3: 'host.jobs' cannot be '65': expected a number from 0 (half of the cores) to 64",
                        "  " + file
                                + ":4: 'host.spool' cannot be 'relative/path': expected an absolute path, such as /var/spool/tidemark",
                        "  " + file + ":5: 'host.push-timeout' cannot be '60': expected a duration, such as 60s",
                        "  " + file + ":6: 'host.bundle-size' cannot be '1GiB': expected a size from 1MiB to 128MiB",
                        "  " + file
                                + ":8: 'repository.local.url' cannot be '/var/lib/tidemark': expected an address, such as file:///var/lib/tidemark",
                        "  " + file
                                + ":9: 'repository.local.compression' cannot be 'zip': expected zstd[:level], lz4, gzip[:level] or none",
                        "  " + file
                                + ":10: 'repository.local.bandwidth-limit' cannot be '50MB': expected a size per second, such as 50MiB",
                        "  " + file
                                + ":12: 'repository.empty.url' is missing: expected an address, such as file:///var/lib/tidemark",
                        "  " + file + ":14: there is no repository 'locla': expected of [local, empty]",
                        "  " + file
                                + ":15: 'cluster.main.check.free-space' cannot be '101%': expected a percentage, such as 15%",
                        "  " + file
                                + ":16: 'cluster.main.check.backup-age' cannot be 'soon': expected a duration, such as 26h",
                        "  " + file
                                + ":18: 'my cluster' cannot be the name of a cluster: expected up to 63 letters, digits, dots, hyphens or underscores",
                        "  variable TIDEMARK_HOST_FETCH_RETRY: 'host.fetch-retry' cannot be 'never': expected a duration, such as 5m",
                        "  variable TIDEMARK_HOST_JOBBS: unknown variable: did you mean 'TIDEMARK_HOST_JOBS'?");
    }

    @Test
    void aFileThatIsNotTomlIsReportedWithItsLine() throws IOException {
        Files.writeString(file, "[host]\njobs = = 2\n");

        assertThat(problems()).contains(file + ":2: not TOML");
    }

    @Test
    void variablesWinOverFilesAndTheUsersFileOverTheSystems() throws IOException {
        Files.writeString(file, COMPLETE);
        Path user = directory.resolve("home/.config/tidemark/tidemark.toml");
        Files.createDirectories(user.getParent());
        Files.writeString(user, "host.jobs = 4\nhost.push-timeout = \"20s\"\n");
        variables.put("TIDEMARK_HOST_JOBS", "5");
        variables.put("TIDEMARK_REPOSITORY_OFF_SITE_URL", "file:///mnt/other");
        variables.put("TIDEMARK_CLUSTER_MAIN_CHECK_FREE_SPACE", "7%");
        variables.put("TIDEMARK_REPOSITORY_NEW_URL", "file:///mnt/new");

        Configuration configuration = load();

        assertThat(configuration.host().jobs()).isEqualTo(5);
        assertThat(configuration.host().pushTimeout()).isEqualTo(Duration.ofSeconds(20));
        assertThat(configuration.host().fetchRetry()).isEqualTo(Duration.ofMinutes(2));
        assertThat(configuration.repositories().keySet()).containsExactlyInAnyOrder("local", "off-site", "new");
        assertThat(configuration.repositories())
                .extractingByKey("off-site")
                .satisfies(offSite -> assertThat(offSite.url()).isEqualTo(URI.create("file:///mnt/other")));
        assertThat(configuration.clusters().values())
                .singleElement()
                .satisfies(cluster ->
                        assertThat(cluster.check().freeSpacePercent()).isEqualTo(7));
    }

    /** URL, KEY_FILE and PROJECT end the names of other options as well. */
    @Test
    void aVariableMeansTheRepositoryThatIsSetElsewhere() throws IOException {
        Files.writeString(file, "repository.main.url = \"file:///r\"\nrepository.main_auth.url = \"file:///s\"\n");
        variables.put("TIDEMARK_REPOSITORY_MAIN_AUTH_URL", "file:///other");
        variables.put("TIDEMARK_REPOSITORY_MAIN_USER_PROJECT", "payer");
        variables.put("TIDEMARK_REPOSITORY_MAIN_SSE_CUSTOMER_KEY_FILE", "/etc/key");
        variables.put("TIDEMARK_REPOSITORY_NEW_URL", "file:///new");
        variables.put("TIDEMARK_REPOSITORY_NEW_STORAGE_URL", "https://account.example");

        Configuration configuration = load();

        assertThat(configuration.repositories().keySet()).containsExactlyInAnyOrder("main", "main_auth", "new");
        assertThat(configuration.repositories())
                .extractingByKey("main_auth")
                .extracting(RepositorySettings::url)
                .isEqualTo(URI.create("file:///other"));
        assertThat(configuration.repositories())
                .extractingByKey("main")
                .extracting(RepositorySettings::options)
                .isEqualTo(Map.of("user-project", "payer", "sse-customer-key-file", "/etc/key"));
        assertThat(configuration.repositories())
                .extractingByKey("new")
                .extracting(RepositorySettings::options)
                .isEqualTo(Map.of("storage-url", "https://account.example"));
    }

    @Test
    void anExplicitFileReplacesTheSearch() throws IOException {
        Files.writeString(file, "this is not read");
        Path explicit = Files.writeString(directory.resolve("own.toml"), "host.jobs = 7");

        assertThat(load(Optional.of(explicit)).configuration().host().jobs()).isEqualTo(7);

        variables.put("TIDEMARK_CONFIG", explicit.toString());
        assertThat(load().host().jobs()).isEqualTo(7);
    }

    @Test
    void anExplicitFileThatIsNotThereIsRefused() {
        assertThatThrownBy(() -> load(Optional.of(Path.of("/nowhere.toml"))))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE))
                .hasMessage("there is no configuration file '/nowhere.toml'");
    }

    @Test
    void filesOfTheClusterDirectoryAddClustersAndNothingElse() throws IOException {
        Files.writeString(file, COMPLETE);
        Path added = file.resolveSibling("conf.d/second.toml");
        Files.writeString(added, "[cluster.second]\ndata-directory = \"/data/second\"");

        assertThat(load().clusters().keySet())
                .extracting(ClusterName::value)
                .containsExactlyInAnyOrder("main", "second");

        Files.writeString(added, "[host]\njobs = 1");
        assertThat(problems()).contains(added + ":2: 'host.jobs' cannot be set here");
    }

    @Test
    void aPasswordIsNotInAMessage() throws IOException {
        Files.writeString(file, "[repository.local]\nurl = \"no scheme://me:hunter2@host password=hunter2\"");

        assertThat(problems()).contains("repository.local.url").doesNotContain("hunter2");
    }

    @Test
    void everyChangeOfAFileIsSeenAlthoughItsSettingsAreCached() throws IOException {
        Files.writeString(file, "host.jobs = 1");
        assertThat(load().host().jobs()).isEqualTo(1);
        assertThat(cacheFiles()).hasSize(1);

        Files.writeString(file, "host.jobs = 2");
        assertThat(load().host().jobs()).isEqualTo(2);

        Files.writeString(file.resolveSibling("conf.d/new.toml"), "[cluster.new]\ndata-directory = \"/new\"");
        assertThat(load().clusters()).hasSize(1);

        Path user = directory.resolve("home/.config/tidemark/tidemark.toml");
        Files.createDirectories(user.getParent());
        Files.writeString(user, "host.jobs = 3");
        assertThat(load().host().jobs()).isEqualTo(3);

        Files.delete(file);
        Files.delete(user);
        assertThat(load().host().jobs()).isZero();
    }

    @Test
    void theCacheGivesWhatTheFilesGive() throws IOException {
        Files.writeString(file, COMPLETE);
        EffectiveConfiguration fresh = load(Optional.empty());

        assertThat(load(Optional.empty())).isEqualTo(fresh);
        assertThat(cacheFiles()).hasSize(1);
    }

    @Test
    void aDamagedCacheIsAsIfThereWereNone() throws IOException {
        Files.writeString(file, COMPLETE);
        EffectiveConfiguration fresh = load(Optional.empty());
        Path cache = cacheFiles().getFirst();
        byte[] whole = Files.readAllBytes(cache);

        for (int i = 0; i < whole.length; i += 41) {
            byte[] damaged = whole.clone();
            damaged[i] ^= 4;
            Files.write(cache, damaged);
            assertThat(load(Optional.empty())).isEqualTo(fresh);
        }
    }

    @Test
    void aCacheThatOthersMayWriteIsNotRead() throws IOException {
        Files.writeString(file, "host.jobs = 1");
        load();
        Path cache = cacheFiles().getFirst();
        Files.setPosixFilePermissions(cache, java.nio.file.attribute.PosixFilePermissions.fromString("rw-rw----"));
        long before = Files.getLastModifiedTime(cache).toMillis();

        load();

        assertThat(Files.getPosixFilePermissions(cacheFiles().getFirst())).hasSize(2);
        assertThat(Files.getLastModifiedTime(cacheFiles().getFirst()).toMillis())
                .isGreaterThanOrEqualTo(before);
    }

    private List<Path> cacheFiles() throws IOException {
        try (var files = Files.list(directory.resolve("home/.local/state/tidemark"))) {
            return files.toList();
        }
    }

    @Test
    void keysOfARepositoryAreReadAndEveryMistakeIsNamed() throws IOException {
        String key = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
        Files.writeString(
                file,
                "[repository.a]\nurl = \"file:///a\"\nencrypt-to = [\"" + key + "\"]\n"
                        + "decrypt-with = [\"/etc/one.key\", \"/etc/two.key\"]\n"
                        + "[repository.b]\nurl = \"file:///b\"\ndecrypt-with = { command = \"vault read key\" }\n");
        assertThat(keys("a"))
                .isEqualTo(new KeySettings(
                        List.of(key), List.of(Path.of("/etc/one.key"), Path.of("/etc/two.key")), Optional.empty()));
        assertThat(keys("b")).isEqualTo(new KeySettings(List.of(), List.of(), Optional.of("vault read key")));

        Files.writeString(file, """
                [repository.a]
                url = "file:///a"
                encrypt-to = []
                decrypt-with = ["one.key"]
                [repository.b]
                url = "file:///b"
                encrypt-to = ["age1x"]
                """);
        assertThat(problems())
                .contains("'repository.a.encrypt-to' cannot be used")
                .contains("'repository.a.decrypt-with' cannot be 'one.key'")
                .contains("'repository.b.encrypt-to' cannot be used: key 1");
    }

    private KeySettings keys(String repository) {
        return load().repositories().values().stream()
                .filter(settings -> settings.name().equals(repository))
                .findFirst()
                .orElseThrow()
                .keys();
    }

    @Test
    void theDefaultsOfCheckAreWhatTheyAreSaidToBe() throws IOException {
        StringBuilder text = new StringBuilder("[cluster.main.check]\n");
        CheckSettings.defaults()
                .forEach((key, value) -> text.append(key.pattern().substring("cluster.*.check.".length()))
                        .append(" = \"")
                        .append(value)
                        .append("\"\n"));
        Files.writeString(file, text);

        assertThat(load().clusters().values())
                .singleElement()
                .satisfies(cluster -> assertThat(cluster.check()).isEqualTo(CheckSettings.DEFAULT));
    }

    @ParameterizedTest
    @ValueSource(strings = {"syslog", "journal"})
    void aServiceOfTheSystemCanKeepTheLog(String service) throws IOException {
        Files.writeString(file, "[host]\nlog = '" + service + "'\n");

        assertThat(load().host().log()).get().hasToString("LogSettings[to=" + service + ", level=INFO]");
    }

    @Test
    void aWrongLogOrLevelIsRefused() throws IOException {
        Files.writeString(file, "[host]\nlog = 'tidemark.log'\n");
        assertThat(problems()).contains("host.log").contains("an absolute path").contains("syslog");

        Files.writeString(file, "[host]\nlog = '/var/log/t'\nlog-level = 'much'\n");
        assertThat(problems()).contains("host.log-level").contains("error, warning, info or debug");
    }

    @Test
    void theLogIsKnownAlthoughSomethingElseIsWrong() throws IOException {
        Files.writeString(file, "[host]\nlog = '/var/log/t'\njobs = 'many'\n");

        assertThat(new ConfigurationLoader(environment(), Clock.systemUTC()).logDespiteProblems(Optional.empty()))
                .isPresent();
    }
}
