// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.config.Setting.SettingKey;
import org.tidemark.core.SshDestination;
import org.tidemark.retention.LongTermRule;
import org.tidemark.retention.RetentionPolicy;
import org.tidemark.store.StoreOption;

/**
 * Every key that is not an option of a store, which {@link StoreDeclarations} has; {@code *} stands for the name that
 * the operator gave a repository or a cluster.
 */
public enum KnownKey {
    HOST_SPOOL("host.spool", "an absolute path, such as /var/spool/tidemark"),
    HOST_JOBS("host.jobs", "a number from 0 (half of the cores) to 64"),
    HOST_BUNDLE_SIZE("host.bundle-size", "a size from 1MiB to 128MiB"),
    HOST_BUNDLES_IN_FLIGHT("host.bundles-in-flight", "a number from 1 to 16"),
    HOST_PUSH_TIMEOUT("host.push-timeout", "a duration, such as 60s"),
    HOST_PUSH_AHEAD("host.push-ahead", "a number of segments from 0 to 1024"),
    HOST_SPOOL_LIMIT("host.spool-limit", "a size, such as 4GiB"),
    HOST_FETCH_RETRY("host.fetch-retry", "a duration, such as 5m"),
    HOST_PREFETCH("host.prefetch", "a size, such as 512MiB, or 0"),
    HOST_PG_WAL_FULL("host.pg-wal-full", "wait, or drop at SIZE free, such as drop at 10GiB free"),
    HOST_WAL_WAIT("host.wal-wait", "a duration, such as 10m"),
    HOST_BACKUP_CHECKPOINT("host.backup-checkpoint", "fast or spread"),
    HOST_BACKUP_READ_LIMIT("host.backup-read-limit", "a size per second, 32KiB or more, such as 50MiB"),
    HOST_WORK_DIRECTORY("host.work-directory", "an absolute path, such as /var/tmp"),
    HOST_LOG("host.log", "an absolute path, such as /var/log/tidemark/tidemark.log, or syslog, or journal"),
    HOST_LOG_LEVEL("host.log-level", "error, warning, info or debug"),
    SERVICE_LISTEN("service.listen", ServiceSettings.Address.EXPECTED),
    SERVICE_METRICS_LISTEN("service.metrics-listen", ServiceSettings.Address.EXPECTED),
    SERVICE_METRICS_FILE(
            "service.metrics-file", "an absolute path, such as /var/lib/prometheus/node-exporter/tidemark.prom"),
    FLEET_REPOSITORIES("fleet.repositories", "a list of repository names"),
    NOTIFY_COMMAND("notify.*.command", "an absolute path of a program, such as /usr/local/bin/page"),
    NOTIFY_WEBHOOK("notify.*.webhook", SecretAddress.EXPECTED),
    NOTIFY_WEBHOOK_FORM("notify.*.webhook-form", "full or text"),
    NOTIFY_HEARTBEAT("notify.*.heartbeat", SecretAddress.EXPECTED),
    NOTIFY_MAIL_TO("notify.*.mail-to", "a list of addresses, such as [\"dba@example.org\"]"),
    NOTIFY_MAIL_FROM("notify.*.mail-from", "an address, such as tidemark@example.org"),
    NOTIFY_MAIL_SERVER("notify.*.mail-server", MailServer.EXPECTED),
    NOTIFY_MAIL_USER("notify.*.mail-user", "the name by which the mail server knows this host"),
    NOTIFY_MAIL_PASSWORD_FILE(
            "notify.*.mail-password-file", "an absolute path of a file, such as /etc/tidemark/mail.secret"),
    NOTIFY_INSECURE("notify.*.insecure", "true or false"),
    NOTIFY_CLUSTERS("notify.*.clusters", "a list of clusters"),
    NOTIFY_SEVERITY("notify.*.severity", "warning or critical"),
    NOTIFY_DELAY("notify.*.delay", "a duration, such as 10m"),
    NOTIFY_DELAYS("notify.*.delays", "a list of subjects with their delays, such as [\"backlog 1h\"]"),
    DRILL_DIRECTORY("drill.directory", "an absolute path, such as /var/lib/tidemark/drill"),
    DRILL_KEEP_EVIDENCE("drill.keep-evidence", "a duration, such as 400d"),
    DRILL_SIGNING_KEY("drill.signing-key", "an absolute path of a file with a private key of Ed25519"),
    DRILL_PUBLIC_KEYS(
            "drill.public-keys",
            "a list of at most " + DrillSettings.MAX_PUBLIC_KEYS
                    + " public keys of Ed25519 in base64, such as [\"MCow...\"]"),
    DRILL_QUESTION_DATABASE("drill.question.*.database", "the name of a database, such as shop"),
    DRILL_QUESTION_SQL("drill.question.*.sql", "a query, such as SELECT count(*) FROM public.orders"),
    DRILL_QUESTION_EXPECT(
            "drill.question.*.expect", "a value, a range of numbers, such as >= 1000 or 10..20, or unchanged"),
    DRILL_QUESTION_SINCE("drill.question.*.since", "a time with its zone, such as 2026-01-15 00:00:00Z"),
    REPOSITORY_URL("repository.*.url", "an address, such as file:///var/lib/tidemark"),
    REPOSITORY_COMPRESSION("repository.*.compression", "zstd[:level], lz4, gzip[:level] or none"),
    REPOSITORY_BANDWIDTH_LIMIT("repository.*.bandwidth-limit", "a size per second, such as 50MiB"),
    REPOSITORY_ENCRYPT_TO("repository.*.encrypt-to", "a list of age public keys, such as [\"age1...\"]"),
    REPOSITORY_DECRYPT_WITH(
            "repository.*.decrypt-with",
            "a list of absolute paths of files with private keys, or { command = \"...\" }"),
    REPOSITORY_DECRYPT_WITH_COMMAND("repository.*.decrypt-with.command", "a shell command"),
    REPOSITORY_RETENTION("repository.*.retention", RetentionPolicy.EXPECTED + " (n is 1 or more)"),
    REPOSITORY_MINIMUM_REDUNDANCY(
            "repository.*.minimum-redundancy", "a number from 1 to " + RetentionPolicy.Redundancy.MAX_BACKUPS),
    REPOSITORY_WAL_RETENTION(
            "repository.*.wal-retention", "as backups, " + RetentionPolicy.EXPECTED + " (n is 1 or more)"),
    REPOSITORY_KEEP("repository.*.keep", LongTermRule.EXPECTED + ", each at most once"),
    REPOSITORY_MAX_REFERENCE_AGE("repository.*.max-reference-age", "a duration, such as 35d"),
    CLUSTER_CONNINFO("cluster.*.conninfo", "a libpq connection string, such as host=db1 user=tidemark dbname=postgres"),
    CLUSTER_DATA_DIRECTORY("cluster.*.data-directory", "an absolute path, such as /var/lib/postgresql/15/main"),
    CLUSTER_REPOSITORIES("cluster.*.repositories", "a list of repository names"),
    CLUSTER_ACKNOWLEDGE("cluster.*.acknowledge", "all, or how many of the cluster's repositories, such as 1"),
    CLUSTER_RTO("cluster.*.rto", "a duration, such as 30m"),
    CLUSTER_BACKUP_FROM("cluster.*.backup-from", BackupServer.EXPECTED),
    CLUSTER_RECEIVE_SLOT("cluster.*.receive-slot", "the name of a replication slot, such as tidemark"),
    CLUSTER_SSH_HOST("cluster.*.ssh-host", SshDestination.EXPECTED),
    CLUSTER_SSH_CONFIG("cluster.*.ssh-config", "an absolute path, such as /etc/tidemark/ssh_config"),
    CLUSTER_BEFORE_BACKUP(
            "cluster.*.before-backup", "an absolute path of a program, such as /usr/local/bin/before-backup"),
    CLUSTER_AFTER_BACKUP(
            "cluster.*.after-backup", "an absolute path of a program, such as /usr/local/bin/after-backup"),
    SCHEDULE_BACKUP("cluster.*.schedule.backup", "a cron expression, such as 30 2 * * *, or never"),
    SCHEDULE_FULL("cluster.*.schedule.full", "a cron expression, such as 30 2 * * 0, or never"),
    SCHEDULE_BACKUP_ON_GAP("cluster.*.schedule.backup-on-gap", "a duration, such as 15m, or never"),
    SCHEDULE_EXPIRE("cluster.*.schedule.expire", "a cron expression, such as 47 4 * * *, or never"),
    SCHEDULE_VERIFY("cluster.*.schedule.verify", "a cron expression, such as 17 3 * * *, or never"),
    SCHEDULE_VERIFY_BUDGET("cluster.*.schedule.verify-budget", "a size, such as 8GiB"),
    SCHEDULE_REPAIR("cluster.*.schedule.repair", "always or never"),
    SCHEDULE_DRILL("cluster.*.schedule.drill", "a cron expression, such as 0 5 * * 6, or never"),
    SCHEDULE_DAYS_OFF(
            "cluster.*.schedule.days-off",
            "a list of days, such as [\"12-24\", \"2026-12-31..2027-01-02\"], of at most 60 days each"),
    SCHEDULE_TIME_ZONE("cluster.*.schedule.time-zone", "a time zone, such as Europe/Berlin or UTC"),
    CHECK_BACKUP_AGE("cluster.*.check.backup-age", "a duration, such as 26h"),
    CHECK_WAL_AGE("cluster.*.check.wal-age", "a duration, such as 15m"),
    CHECK_UNVERIFIED_FOR("cluster.*.check.unverified-for", "a duration, such as 35d"),
    CHECK_UNPROVEN_FOR("cluster.*.check.unproven-for", "a duration, such as 90d"),
    CHECK_UNDRILLED_FOR("cluster.*.check.undrilled-for", "a duration, such as 10d"),
    CHECK_FREE_SPACE("cluster.*.check.free-space", "a percentage, such as 15%"),
    CHECK_REPLICATION_LAG("cluster.*.check.replication-lag", "a size, such as 1GiB");

    private final String pattern;
    // Split once, since every WAL command compares it with every setting.
    @SuppressWarnings("ImmutableEnumChecker")
    private final List<String> parts;

    private final String expected;

    KnownKey(String pattern, String expected) {
        this.pattern = pattern;
        this.parts = List.of(pattern.split("\\."));
        this.expected = expected;
    }

    /** Such as {@code repository.*.url}. */
    public String pattern() {
        return pattern;
    }

    /** Describes a valid value, for messages. */
    public String expected() {
        return expected;
    }

    /** The parts of the pattern; one is {@code *} where a name belongs, mostly the second. */
    List<String> parts() {
        return parts;
    }

    /** Whether the name is that of a table in a table, as in {@code drill.question.NAME}. */
    boolean isBelow() {
        return parts.indexOf("*") > 1;
    }

    boolean isNamed() {
        return parts.contains("*");
    }

    /** The key for a repository or cluster of this name. */
    public SettingKey key(String name) {
        List<String> filled = new ArrayList<>(parts);
        if (isNamed()) {
            filled.set(parts.indexOf("*"), name);
        }
        return new SettingKey(filled);
    }

    /** Whether a value is written as a list of texts. */
    boolean isList() {
        return expected.startsWith("a list");
    }

    /** Whether a value of digits alone is a number. */
    boolean isNumber() {
        return expected.startsWith("a number") || this == CLUSTER_ACKNOWLEDGE;
    }

    private ValueForm form() {
        if (isList()) {
            return ValueForm.LIST;
        }
        if (isNumber()) {
            return ValueForm.NUMBER;
        }
        return expected.equals("true or false") ? ValueForm.BOOLEAN : ValueForm.TEXT;
    }

    public static Optional<KnownKey> of(SettingKey key) {
        for (KnownKey known : values()) {
            if (known.fits(key.parts())) {
                return Optional.of(known);
            }
        }
        return Optional.empty();
    }

    private boolean fits(List<String> key) {
        if (key.size() != parts.size()) {
            return false;
        }
        for (int i = 0; i < key.size(); i++) {
            if (!parts.get(i).equals("*") && !parts.get(i).equals(key.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** How a value is written in a document such as JSON. */
    public enum ValueForm {
        LIST,
        NUMBER,
        BOOLEAN,
        TEXT;

        /** The form of the values of a key. */
        public static ValueForm of(SettingKey key) {
            Optional<KnownKey> known = KnownKey.of(key);
            if (known.isPresent()) {
                return known.get().form();
            }
            Optional<StoreOption> option = key.isRepositoryOption()
                    ? StoreDeclarations.option(key.parts().getLast())
                    : Optional.empty();
            return switch (option.map(StoreOption::type).orElse(StoreOption.Type.TEXT)) {
                case NUMBER -> NUMBER;
                case FLAG -> BOOLEAN;
                case TEXT, CHOICE, DURATION, SIZE, PATH, ADDRESS -> TEXT;
            };
        }
    }
}
