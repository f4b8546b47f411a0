// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.setup.foreign;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.operations.setup.foreign.Translation.Remark;
import org.tidemark.operations.setup.foreign.Translation.Table;

/** Of Barman: {@code [barman]} for all servers, and a section for each server, which overrides it. */
final class BarmanTranslation {
    static final String GLOBAL = "barman";
    static final String INCLUDED = "configuration_files_directory";
    private static final Pattern AGE = Pattern.compile("([0-9]{1,5}) +(HOUR|DAY|WEEK|MONTH)S?");
    private static final Pattern POLICY =
            Pattern.compile("RECOVERY +WINDOW +OF +[1-9][0-9]{0,3} +(?:DAY|WEEK|MONTH)S?");
    private static final Pattern LOGIN = Pattern.compile("(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9._:-]+");

    /** Settings without a counterpart, and why none is needed, or what to do. */
    private static final Map<String, String> WITHOUT = Map.ofEntries(
            Map.entry(
                    "archiver",
                    "'tidemark setup primary --replace' lets PostgreSQL archive by Tidemark, on its own host; there is no incoming directory."),
            Map.entry("backup_options", "Not needed."),
            Map.entry("barman_home", "Not needed: Barman's directory stays as it is."),
            Map.entry("barman_user", "Not needed: install the package on the backup host."),
            Map.entry("log_file", "See host.log."),
            Map.entry("log_level", "See host.log-level."),
            Map.entry("create_slot", "'tidemark wal-receive --create-slot' makes the slot once."),
            Map.entry(
                    "streaming_conninfo",
                    "Not needed: conninfo is used for replication as well. Its role then needs REPLICATION, and"
                            + " pg_hba.conf a line for it."),
            Map.entry("wal_retention_policy", "Not needed: WAL stays as long as the backups that need it."),
            Map.entry("retention_policy_mode", "Not needed."),
            Map.entry("reuse_backup", "Set schedule.full: the backups between full ones are incremental."),
            Map.entry("path_prefix", "Not needed: Tidemark runs no program of PostgreSQL for a backup."),
            Map.entry("network_compression", "Not needed."),
            Map.entry(
                    "encryption",
                    "Tidemark encrypts to public keys: make one with 'tidemark init --make-key FILE', and set encrypt-to before 'tidemark init'."),
            Map.entry(
                    "primary_conninfo",
                    "Name both servers in conninfo, with target_session_attrs=primary, and set backup-from."),
            Map.entry("pre_backup_script", "See before-backup; it gets other variables."),
            Map.entry("post_backup_script", "See after-backup; it gets other variables."),
            Map.entry("recovery_options", "Not needed: restore_command gets WAL from the repository."),
            Map.entry("description", "Not needed."),
            Map.entry("bandwidth_limit", "See backup-read-limit of [host], and bandwidth-limit of the repository."));

    private final IniFile file;
    private final List<Remark> remarks = new ArrayList<>();
    private final Translation.Names names = new Translation.Names();

    /** What the servers of one repository have in common: Tidemark's policies belong to the repository. */
    private record Policy(Optional<String> retention, Optional<String> minimum, Optional<String> compression) {}

    BarmanTranslation(IniFile file) {
        this.file = file;
    }

    Translation translation() {
        file.value(GLOBAL, INCLUDED);
        StringBuilder clusters = new StringBuilder();
        Map<Policy, String> repositories = new LinkedHashMap<>();
        for (String server : file.sections()) {
            if (isServer(server)) {
                Policy policy = policy(server);
                String repository = repositories.computeIfAbsent(
                        policy, _ -> repositories.isEmpty() ? "local" : "local-" + (repositories.size() + 1));
                clusters.append(cluster(server, repository));
            }
        }
        StringBuilder toml = new StringBuilder(
                "# Translated from a configuration of Barman. Its directories stay as they are: Tidemark's repository"
                        + " is in a format of its own.\n");
        toml.append(host());
        repositories.forEach((policy, name) -> toml.append(new Table("repository." + name)
                .put("url", "file:///var/lib/tidemark/" + name)
                .put("retention", policy.retention())
                .put("compression", policy.compression())
                .raw("minimum-redundancy", policy.minimum())
                .text()));
        remarks.add(new Remark(
                "repository.local",
                "The url is a directory on this host; choose the disk. Servers with other policies have repositories of"
                        + " their own."));
        remarks.add(
                new Remark("crontab", "Backups are in a crontab with Barman: set schedule.backup, and schedule.full."));
        for (String section : file.sections()) {
            for (String key : file.rest(section)) {
                remarks.add(new Remark(
                        IniFile.place(section, key),
                        WITHOUT.getOrDefault(key, "Not translated: see docs/reference/configuration.md.")));
            }
        }
        return new Translation("Barman", toml.append(clusters).toString(), List.copyOf(remarks));
    }

    /** Sections can also be models of changes, and servers of another Barman that this one copies. */
    private boolean isServer(String section) {
        if (section.isEmpty() || section.equals(GLOBAL)) {
            return false;
        }
        for (String other : List.of("model", "primary_ssh_command")) {
            if (file.value(section, other).filter(text -> !isFalse(text)).isPresent()) {
                remarks.add(new Remark(IniFile.place(section, other), "Not translated: it is no server of this host."));
                file.keys(section).forEach(key -> file.value(section, key));
                return false;
            }
        }
        return true;
    }

    private String host() {
        Table table = new Table("host");
        table.raw("jobs", Translation.jobs(file.value(GLOBAL, "parallel_jobs")));
        if (file.value(GLOBAL, "immediate_checkpoint").isEmpty()) {
            remarks.add(
                    new Remark(
                            "immediate_checkpoint",
                            "A backup begins with a fast checkpoint now; backup-checkpoint = \"spread\" in [host] is as before."));
        }
        file.value(GLOBAL, "immediate_checkpoint")
                .filter(BarmanTranslation::isFalse)
                .ifPresent(_ -> table.put("backup-checkpoint", "spread"));
        return table.text();
    }

    private Policy policy(String server) {
        Optional<String> retention = of(server, "retention_policy").map(text -> text.toUpperCase(Locale.ROOT));
        if (retention.isPresent() && !POLICY.matcher(retention.get()).matches()) {
            remarks.add(new Remark(
                    IniFile.place(server, "retention_policy"),
                    "Tidemark's REDUNDANCY counts every backup, incremental ones included: set retention, such as"
                            + " 'RECOVERY WINDOW OF 14 DAYS'. Until then nothing expires."));
            retention = Optional.empty();
        }
        Optional<String> minimum =
                of(server, "minimum_redundancy").filter(text -> text.matches("[1-9][0-9]{0,2}") && !text.equals("1"));
        Optional<String> compression = of(server, "compression").flatMap(name -> switch (name) {
            case "gzip", "pigz", "pygzip" -> Optional.of("gzip");
            case "lz4" -> Optional.of("lz4");
            default -> Optional.empty(); // zstd
        });
        return new Policy(retention, minimum, compression);
    }

    private String cluster(String server, String repository) {
        Table table = new Table(names.cluster(server));
        Optional<String> conninfo = of(server, "conninfo");
        Optional<String> shown = conninfo.flatMap(Translation::withoutPasswords);
        table.put("conninfo", shown);
        if (!shown.equals(conninfo)) {
            remarks.add(
                    new Remark(IniFile.place(server, "conninfo"), "A password was left out: write it into .pgpass."));
        }
        table.raw("repositories", "[" + Table.quoted(repository) + "]");
        String method = of(server, "backup_method").orElse("rsync");
        Optional<String> ssh = of(server, "ssh_command");
        if (method.equals("rsync")) {
            ssh.ifPresent(command -> sshHost(command)
                    .ifPresentOrElse(
                            host -> table.put("ssh-host", host),
                            () -> remarks.add(new Remark(
                                    IniFile.place(server, "ssh_command"),
                                    "Set ssh-host, and the rest in ~/.ssh/config of Tidemark's user."))));
        } else if (!method.equals("postgres") && !method.equals("local-rsync")) {
            remarks.add(new Remark(
                    IniFile.place(server, "backup_method"), "Not translated: Tidemark takes its backups itself."));
        }
        if (of(server, "streaming_archiver").filter(text -> !isFalse(text)).isPresent()) {
            table.put("receive-slot", "tidemark");
            remarks.add(new Remark(
                    IniFile.place(server, "streaming_archiver"),
                    "A slot has one receiver, so this is a new one: make it with 'tidemark wal-receive --cluster "
                            + names.cluster(server).substring("cluster.".length())
                            + " --slot tidemark --create-slot', and let 'tidemark serve' run."));
        }
        of(server, "slot_name");
        if (of(server, "active").filter(BarmanTranslation::isFalse).isPresent()) {
            remarks.add(new Remark(
                    IniFile.place(server, "active"),
                    "This server is switched off: take its tables out, or pause its tasks."));
        }
        String check = new Table(names.cluster(server) + ".check")
                .put("backup-age", of(server, "last_backup_maximum_age").flatMap(BarmanTranslation::age))
                .put("wal-age", of(server, "last_wal_maximum_age").flatMap(BarmanTranslation::age))
                .text();
        return table.text() + check;
    }

    /** The server's, or that of all servers. */
    private Optional<String> of(String server, String key) {
        Optional<String> general = file.value(GLOBAL, key);
        return file.keys(server).contains(key) ? file.value(server, key) : general;
    }

    private static Optional<String> sshHost(String command) {
        String[] words = command.split(" +", -1);
        String port = "";
        int at = 1;
        while (at < words.length - 1) {
            if (words[at].equals("-p") && words[at + 1].matches("[0-9]{1,5}")) {
                port = ":" + words[at + 1];
                at += 2;
            } else if (words[at].equals("-q")) {
                at++;
            } else {
                return Optional.empty();
            }
        }
        return at == words.length - 1
                        && words[0].equals("ssh")
                        && LOGIN.matcher(words[at]).matches()
                ? Optional.of("ssh://" + words[at] + port)
                : Optional.empty();
    }

    /** In Tidemark's form; a month is 31 days for Barman. */
    private static Optional<String> age(String text) {
        Matcher age = AGE.matcher(text.toUpperCase(Locale.ROOT).strip());
        if (!age.matches()) {
            return Optional.empty();
        }
        int number = Integer.parseInt(age.group(1));
        return Optional.of(
                switch (age.group(2)) {
                    case "HOUR" -> number + "h";
                    case "DAY" -> number + "d";
                    case "WEEK" -> 7 * number + "d";
                    default -> 31 * number + "d";
                });
    }

    private static boolean isFalse(String text) {
        return text.matches("(?i)off|false|no|0");
    }
}
