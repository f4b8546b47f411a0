// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.setup.foreign;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tidemark.operations.setup.foreign.Translation.Remark;
import org.tidemark.operations.setup.foreign.Translation.Table;

/** Of pgBackRest: {@code [global]} and a section for each stanza, with numbers in the names of settings. */
final class PgBackRestTranslation {
    private static final String GLOBAL = "global";
    private static final Pattern OF_SERVER = Pattern.compile("pg([0-9]*)-.+");
    private static final Pattern OF_REPOSITORY = Pattern.compile("repo([0-9]*)-.+");
    private static final String DEFAULT_PATH = "/var/lib/pgbackrest";

    /** Settings without a counterpart, and why none is needed, or what to do. The longest beginning counts. */
    private static final Map<String, String> WITHOUT = Map.ofEntries(
            Map.entry("archive-async", "Not needed: where segments wait, wal-push archives ahead by itself."),
            Map.entry("spool-path", "Set host.spool, if the default /var/spool/tidemark is not the right disk."),
            Map.entry(
                    "archive-push-queue-max",
                    "pgBackRest drops WAL beyond this size. Tidemark keeps it; see pg-wal-full in the documentation"
                            + " of the configuration."),
            Map.entry("archive-get-queue-max", "Set host.prefetch, if 512MiB is not the right size."),
            Map.entry("log-", "See host.log and host.log-level."),
            Map.entry("delta", "Give --delta to 'tidemark recover'."),
            Map.entry("bundle", "Not needed: small files are always stored together."),
            Map.entry("block", "Set schedule.full: incremental backups store changed pages."),
            Map.entry("backup-standby", "Name both servers in conninfo, and set backup-from."),
            Map.entry("stop-auto", "Not needed."),
            Map.entry("resume", "Not needed: a full backup goes on with what a failed one has stored."),
            Map.entry("checksum-page", "Not needed: pages are verified wherever the cluster has checksums."),
            Map.entry("page-header-check", "Not needed."),
            Map.entry("expire-auto", "Set schedule.expire; a backup deletes nothing."),
            Map.entry("tls-server", "Not needed: the other host is reached by SSH."),
            Map.entry("cmd", "Not needed."),
            Map.entry("buffer-size", "Not needed."),
            Map.entry("compress-level-network", "Not needed."),
            Map.entry("exclude", "A backup always has the whole cluster."));

    private final IniFile file;
    private final List<Remark> remarks = new ArrayList<>();
    private final Translation.Names names = new Translation.Names();

    PgBackRestTranslation(IniFile file) {
        this.file = file;
    }

    static boolean isOne(IniFile file) {
        return file.sections().stream()
                .anyMatch(section -> !servers(file, section).isEmpty()
                        || !numbers(file, section, OF_REPOSITORY).isEmpty());
    }

    Translation translation() {
        StringBuilder toml =
                new StringBuilder("# Translated from a configuration of pgBackRest. Its repositories stay as"
                        + " they are: Tidemark's are in a format of their own.\n");
        toml.append(host());
        List<String> repositories = new ArrayList<>();
        TreeSet<String> numbers = new TreeSet<>(numbers(file, GLOBAL, OF_REPOSITORY));
        if (numbers.isEmpty()) {
            numbers.add("1");
        }
        for (String number : numbers) {
            toml.append(repository(number));
            repositories.add("repo" + number);
        }
        for (String stanza : file.sections()) {
            if (!servers(file, stanza).isEmpty()) {
                toml.append(cluster(stanza, repositories));
            }
        }
        if (file.value(GLOBAL, "start-fast").isEmpty()) {
            remarks.add(
                    new Remark(
                            "start-fast",
                            "A backup begins with a fast checkpoint now; backup-checkpoint = \"spread\" in [host] is as before."));
        }
        remarks.add(new Remark(
                "crontab", "pgBackRest's backups are in a crontab: set schedule.backup, and schedule.full for fulls."));
        for (String section : file.sections()) {
            file.rest(section).forEach(key -> without(section, key));
        }
        return new Translation("pgBackRest", toml.toString(), List.copyOf(remarks));
    }

    private String host() {
        Table table = new Table("host");
        table.raw("jobs", Translation.jobs(file.value(GLOBAL, "process-max")));
        file.value(GLOBAL, "start-fast").filter("n"::equals).ifPresent(_ -> table.put("backup-checkpoint", "spread"));
        return table.text();
    }

    private String repository(String number) {
        String prefix = "repo" + number + "-";
        Table table = new Table("repository.repo" + number);
        String path = of(prefix + "path").orElse(DEFAULT_PATH);
        String type = of(prefix + "type").orElse("posix");
        String place = path.replaceAll("^/+|/+$", "") + "-tidemark";
        Optional<String> host = of(prefix + "host");
        switch (type) {
            case "s3" -> {
                table.put("url", "s3://" + of(prefix + "s3-bucket").orElse("BUCKET") + "/" + place);
                table.put("region", of(prefix + "s3-region"));
                String port =
                        of(prefix + "storage-port").map(each -> ":" + each).orElse("");
                of(prefix + "s3-endpoint")
                        .filter(endpoint -> !endpoint.endsWith(".amazonaws.com"))
                        .ifPresent(endpoint -> table.put(
                                "endpoint", (endpoint.contains("://") ? endpoint : "https://" + endpoint) + port));
                of(prefix + "s3-uri-style")
                        .ifPresent(style -> table.raw("path-style", Boolean.toString(style.equals("path"))));
                table.put("access-key-id", of(prefix + "s3-key"));
                secret(prefix + "s3-key-secret", "secret-access-key-file");
            }
            case "azure" -> {
                table.put(
                        "url",
                        "azure://" + of(prefix + "azure-account").orElse("ACCOUNT") + "/"
                                + of(prefix + "azure-container").orElse("CONTAINER") + "/" + place);
                secret(prefix + "azure-key", "account-key-file");
            }
            case "gcs" -> {
                table.put("url", "gs://" + of(prefix + "gcs-bucket").orElse("BUCKET") + "/" + place);
                // By another type of key, it is the secret itself.
                table.put("credentials-file", of(prefix + "gcs-key").filter(key -> key.startsWith("/")));
                if (of(prefix + "gcs-key").filter(key -> !key.startsWith("/")).isPresent()) {
                    secret(prefix + "gcs-key", "credentials-file");
                }
                of(prefix + "gcs-key-type");
            }
            case "sftp" -> {
                table.put("url", "sftp://" + login(prefix + "sftp-") + "/" + place);
                table.put("key-file", of(prefix + "sftp-private-key-file"));
            }
            default ->
                table.put("url", host.isPresent() ? "sftp://" + login(prefix) + "/" + place : "file:///" + place);
        }
        table.put("ca-file", of(prefix + "storage-ca-file"));
        remarks.add(new Remark(
                IniFile.place(GLOBAL, prefix + "path"),
                "The url is a new place beside it: see that it is on the disk, or in the bucket, that you want."));
        compression().ifPresent(value -> table.put("compression", value));
        retention(prefix, table);
        file.value(GLOBAL, prefix + "cipher-type")
                .filter(cipher -> !cipher.equals("none"))
                .ifPresent(_ -> remarks.add(new Remark(
                        IniFile.place(GLOBAL, prefix + "cipher-type"),
                        "Tidemark encrypts to public keys: make one with 'tidemark init --make-key FILE', and set"
                                + " encrypt-to before 'tidemark init'.")));
        of(prefix + "cipher-pass");
        return table.text();
    }

    /**
     * pgBackRest counts full backups, and Tidemark counts every backup: with incremental ones, the same number would
     * keep days in the place of weeks.
     */
    private void retention(String prefix, Table table) {
        Optional<String> full = of(prefix + "retention-full");
        boolean byTime =
                of(prefix + "retention-full-type").filter("time"::equals).isPresent();
        List<String> otherwise = file.sections().stream()
                .filter(section -> !section.equals(GLOBAL))
                .filter(section -> file.keys(section).stream().anyMatch(key -> key.startsWith(prefix + "retention")))
                .toList();
        if (!otherwise.isEmpty()) {
            remarks.add(new Remark(
                    IniFile.place(otherwise.getFirst(), prefix + "retention-full"),
                    "Clusters with policies of their own need repositories of their own: make one for each policy, and"
                            + " set repositories of each cluster. Until then nothing expires."));
        } else if (full.isPresent() && byTime && full.get().matches("[1-9][0-9]{0,3}")) {
            table.put("retention", "RECOVERY WINDOW OF " + full.get() + " DAYS");
        } else if (full.isPresent()) {
            remarks.add(new Remark(
                    IniFile.place(GLOBAL, prefix + "retention-full"),
                    "It counts full backups, and Tidemark counts all: set retention, such as 'RECOVERY WINDOW OF 14"
                            + " DAYS'. Until then nothing expires."));
        }
        of(prefix + "retention-archive")
                .ifPresent(_ -> remarks.add(new Remark(
                        IniFile.place(GLOBAL, prefix + "retention-archive"),
                        "WAL stays as long as the backups that need it; see wal-retention for less.")));
        of(prefix + "retention-diff")
                .ifPresent(_ -> remarks.add(new Remark(
                        IniFile.place(GLOBAL, prefix + "retention-diff"),
                        "Not needed: retention counts every backup.")));
        of(prefix + "retention-archive-type");
    }

    private Optional<String> compression() {
        Optional<String> level = file.value(GLOBAL, "compress-level").filter(PgBackRestTranslation::isNumber);
        Optional<String> type = file.value(GLOBAL, "compress-type");
        if (file.value(GLOBAL, "compress").filter("n"::equals).isPresent()) {
            return Optional.of("none");
        }
        return type.flatMap(each -> switch (each) {
            case "gz" -> Optional.of("gzip" + level(level, 9));
            case "zst" -> Optional.of("zstd" + level(level, 19));
            case "lz4", "none" -> Optional.of(each);
            default -> Optional.empty();
        });
    }

    private static String level(Optional<String> level, int most) {
        return level.filter(value -> Integer.parseInt(value) >= 1 && Integer.parseInt(value) <= most)
                .map(value -> ":" + value)
                .orElse("");
    }

    private String cluster(String stanza, List<String> repositories) {
        Table table = new Table(names.cluster(stanza));
        List<String> servers = servers(file, stanza);
        List<String> hosts = new ArrayList<>();
        for (String number : servers) {
            String prefix = "pg" + number + "-";
            hosts.add(file.value(stanza, prefix + "host")
                    .or(() -> file.value(stanza, prefix + "socket-path"))
                    .orElse("/var/run/postgresql"));
        }
        String first = "pg" + servers.getFirst() + "-";
        table.put(
                "conninfo",
                "host=" + String.join(",", hosts) + " port="
                        + servers.stream()
                                .map(number -> file.value(stanza, "pg" + number + "-port")
                                        .orElse("5432"))
                                .collect(Collectors.joining(","))
                        + " user=" + file.value(stanza, first + "user").orElse("postgres") + " dbname="
                        + file.value(stanza, first + "database").orElse("postgres")
                        + (servers.size() > 1 ? " target_session_attrs=primary" : ""));
        table.put("data-directory", file.value(stanza, first + "path"));
        servers.stream().skip(1).forEach(number -> file.value(stanza, "pg" + number + "-path"));
        if (file.value(stanza, first + "host").isPresent()) {
            table.put("ssh-host", "ssh://" + login(stanza, first, "postgres"));
        }
        for (String number : servers) {
            file.value(stanza, "pg" + number + "-host-user");
            file.value(stanza, "pg" + number + "-host-port");
        }
        table.raw("repositories", repositories.stream().map(Table::quoted).collect(Collectors.joining(", ", "[", "]")));
        if (servers.size() > 1) {
            remarks.add(new Remark(
                    IniFile.place(stanza, first + "host"),
                    "ssh-host names this server: after a failover, name the other."));
            file.value(GLOBAL, "backup-standby").ifPresent(value -> {
                if (value.equals("y")) {
                    table.put("backup-from", "standby");
                } else if (value.equals("prefer")) {
                    table.put("backup-from", "prefer-standby");
                }
            });
        }
        return table.text();
    }

    private Optional<String> of(String key) {
        return file.value(GLOBAL, key);
    }

    /** The user, host and port of settings such as repo1-host, repo1-host-user and repo1-host-port. */
    private String login(String prefix) {
        return login(GLOBAL, prefix, "pgbackrest");
    }

    private String login(String section, String prefix, String user) {
        return file.value(section, prefix + "host-user").orElse(user) + "@"
                + file.value(section, prefix + "host").orElse("HOST")
                + file.value(section, prefix + "host-port")
                        // The port of TLS is not that of SSH.
                        .filter(_ -> file.value(section, prefix + "host-type")
                                .filter("tls"::equals)
                                .isEmpty())
                        .map(port -> ":" + port)
                        .orElse("");
    }

    private void secret(String key, String option) {
        of(key).ifPresent(_ -> remarks.add(new Remark(
                IniFile.place(GLOBAL, key),
                "Write the secret into a file that only Tidemark's user can read, and set " + option + " to it.")));
    }

    private void without(String section, String key) {
        String general = key.replaceFirst("^(repo|pg)[0-9]*-", "");
        String text = WITHOUT.entrySet().stream()
                .filter(each -> general.startsWith(each.getKey()))
                .max((one, other) -> one.getKey().length() - other.getKey().length())
                .map(Map.Entry::getValue)
                .orElse("Not translated: see docs/reference/configuration.md.");
        remarks.add(new Remark(IniFile.place(section, key), text));
    }

    /** The numbers of the servers that have a directory. */
    private static List<String> servers(IniFile file, String section) {
        return numbers(file, section, OF_SERVER).stream()
                .filter(number -> file.keys(section).contains("pg" + number + "-path"))
                .toList();
    }

    private static List<String> numbers(IniFile file, String section, Pattern pattern) {
        TreeSet<String> numbers = new TreeSet<>();
        for (String key : file.keys(section)) {
            Matcher matcher = pattern.matcher(key);
            if (matcher.matches() && !matcher.group(1).isEmpty()) {
                numbers.add(matcher.group(1));
            }
        }
        return List.copyOf(numbers);
    }

    private static boolean isNumber(String text) {
        return text.matches("[0-9]{1,6}");
    }
}
