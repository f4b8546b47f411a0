// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.config.ClusterSettings.CheckSettings;
import org.tidemark.config.Configuration.HostSettings;
import org.tidemark.config.ConfigurationException.ConfigurationProblems;
import org.tidemark.config.RepositorySettings.KeySettings;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SlotName;
import org.tidemark.core.SshDestination;
import org.tidemark.retention.RetentionSettings;

/**
 * Turns settings into records. No regular expressions, lambdas or formats: it runs before every WAL segment, and each
 * of these costs milliseconds of start-up the first time.
 */
final class ConfigurationParser {
    private final SettingValues values;
    private final ConfigurationProblems problems;
    private final boolean isForWal;

    private ConfigurationParser(List<Setting> settings, ConfigurationProblems problems, boolean isForWal) {
        this.problems = problems;
        this.isForWal = isForWal;
        this.values = new SettingValues(settings, problems);
    }

    /**
     * Turns settings into the configuration; if a key occurs several times, the last one wins.
     *
     * @throws ConfigurationException with these problems and those that were found before
     */
    static Configuration parse(List<Setting> settings, ConfigurationProblems problems) {
        return parse(settings, problems, false);
    }

    /** The same, without how long backups are kept: archiving neither waits for it nor fails by it. */
    static Configuration parseForWal(List<Setting> settings, ConfigurationProblems problems) {
        return parse(settings, problems, true);
    }

    private static Configuration parse(List<Setting> settings, ConfigurationProblems problems, boolean isForWal) {
        Configuration configuration = new ConfigurationParser(settings, problems, isForWal).configuration();
        problems.throwIfAny();
        return configuration;
    }

    private Configuration configuration() {
        Map<String, RepositorySettings> repositories = new LinkedHashMap<>();
        for (String name : values.names("repository")) {
            repository(name, repositories);
        }
        Map<ClusterName, ClusterSettings> clusters = new LinkedHashMap<>();
        for (String name : values.names("cluster")) {
            cluster(name, clusters);
        }
        return new Configuration(
                host(),
                service(),
                isForWal ? List.of() : NotifyValues.read(values, problems),
                isForWal ? List.of() : configured(KnownKey.FLEET_REPOSITORIES, ""),
                isForWal ? DrillSettings.NONE : DrillSettings.read(values, problems),
                repositories,
                clusters);
    }

    private ServiceSettings service() {
        if (isForWal) {
            return ServiceSettings.NONE;
        }
        return new ServiceSettings(
                values.parsed(KnownKey.SERVICE_LISTEN, "", ServiceSettings.Address::parse),
                values.parsed(KnownKey.SERVICE_METRICS_LISTEN, "", ServiceSettings.Address::parse),
                values.path(KnownKey.SERVICE_METRICS_FILE, ""));
    }

    private HostSettings host() {
        return new HostSettings(
                values.path(KnownKey.HOST_SPOOL, ""),
                values.number(KnownKey.HOST_JOBS, "", 0, HostSettings.MAX_JOBS, 0),
                values.size(KnownKey.HOST_BUNDLE_SIZE, "", HostSettings.MIN_BUNDLE_BYTES, HostSettings.MAX_BUNDLE_BYTES)
                        .orElse(HostSettings.DEFAULT_BUNDLE_BYTES),
                values.number(
                        KnownKey.HOST_BUNDLES_IN_FLIGHT,
                        "",
                        1,
                        HostSettings.MAX_BUNDLES_IN_FLIGHT,
                        HostSettings.DEFAULT_BUNDLES_IN_FLIGHT),
                values.size(KnownKey.HOST_SPOOL_LIMIT, "").orElse(HostSettings.DEFAULT_SPOOL_LIMIT_BYTES),
                values.duration(KnownKey.HOST_PUSH_TIMEOUT, "", HostSettings.DEFAULT_PUSH_TIMEOUT),
                values.number(
                        KnownKey.HOST_PUSH_AHEAD, "", 0, HostSettings.MAX_PUSH_AHEAD, HostSettings.DEFAULT_PUSH_AHEAD),
                values.duration(KnownKey.HOST_FETCH_RETRY, "", HostSettings.DEFAULT_FETCH_RETRY),
                values.sizeOrNone(KnownKey.HOST_PREFETCH, "", HostSettings.DEFAULT_PREFETCH_BYTES),
                values.dropBelow(KnownKey.HOST_PG_WAL_FULL),
                values.duration(KnownKey.HOST_WAL_WAIT, "", HostSettings.DEFAULT_WAL_WAIT),
                values.isSecond(KnownKey.HOST_BACKUP_CHECKPOINT, "", "fast", "spread"),
                values.size(KnownKey.HOST_BACKUP_READ_LIMIT, "", HostSettings.MIN_READ_LIMIT, Long.MAX_VALUE),
                values.path(KnownKey.HOST_WORK_DIRECTORY, ""),
                values.log());
    }

    private void repository(String name, Map<String, RepositorySettings> repositories) {
        if (!values.isName("repository", name, "repository")) {
            return;
        }
        var url = values.address(KnownKey.REPOSITORY_URL, name);
        String compression = values.codec(KnownKey.REPOSITORY_COMPRESSION, name);
        var limit = values.size(KnownKey.REPOSITORY_BANDWIDTH_LIMIT, name);
        KeySettings keys = keys(name);
        var retention = isForWal ? Optional.<RetentionSettings>empty() : RetentionValues.read(values, problems, name);
        if (url.isPresent()) {
            repositories.put(
                    name,
                    new RepositorySettings(
                            name,
                            url.get(),
                            compression,
                            limit,
                            keys,
                            values.storeOptions(name),
                            retention,
                            values.duration(KnownKey.REPOSITORY_MAX_REFERENCE_AGE, name),
                            Optional.of(values.originOf(KnownKey.REPOSITORY_URL, name))));
        }
    }

    private KeySettings keys(String repository) {
        List<Path> files = values.paths(KnownKey.REPOSITORY_DECRYPT_WITH, repository);
        Optional<String> command = values.text(KnownKey.REPOSITORY_DECRYPT_WITH_COMMAND, repository);
        if (command.isPresent() && !files.isEmpty()) {
            problems.add(
                    values.originOf(KnownKey.REPOSITORY_DECRYPT_WITH_COMMAND, repository),
                    "private keys of '" + repository + "' come from files and from a command: expected one of them");
        }
        return new KeySettings(values.publicKeys(KnownKey.REPOSITORY_ENCRYPT_TO, repository), files, command);
    }

    private void cluster(String name, Map<ClusterName, ClusterSettings> clusters) {
        if (!values.isName("cluster", name, "cluster")) {
            return;
        }
        if (name.equals(ClusterName.ALL)) {
            problems.add(
                    values.originOf("cluster", name),
                    "'" + name + "' cannot be the name of a cluster: --cluster " + name + " means every cluster");
            return;
        }
        ClusterName cluster = new ClusterName(name);
        List<String> repositories = clusterRepositories(name);
        clusters.put(
                cluster,
                new ClusterSettings(
                        cluster,
                        values.text(KnownKey.CLUSTER_CONNINFO, name),
                        values.path(KnownKey.CLUSTER_DATA_DIRECTORY, name),
                        repositories,
                        values.numberOrAll(KnownKey.CLUSTER_ACKNOWLEDGE, name, repositories.size()),
                        check(name),
                        isForWal ? Optional.empty() : Optional.of(ScheduleValues.read(values, name)),
                        values.duration(KnownKey.CLUSTER_RTO, name),
                        values.parsed(KnownKey.CLUSTER_BACKUP_FROM, name, BackupServer::parse),
                        isForWal
                                ? Optional.empty()
                                : values.parsed(KnownKey.CLUSTER_RECEIVE_SLOT, name, SlotName::require),
                        values.parsed(KnownKey.CLUSTER_SSH_HOST, name, SshDestination::parse),
                        values.path(KnownKey.CLUSTER_SSH_CONFIG, name),
                        values.path(KnownKey.CLUSTER_BEFORE_BACKUP, name),
                        values.path(KnownKey.CLUSTER_AFTER_BACKUP, name)));
    }

    private List<String> clusterRepositories(String cluster) {
        List<String> wanted = configured(KnownKey.CLUSTER_REPOSITORIES, cluster);
        return wanted.isEmpty() ? new ArrayList<>(values.names("repository")) : wanted;
    }

    /** The names of a list of repositories, each of which must be configured. */
    private List<String> configured(KnownKey key, String of) {
        Set<String> configured = values.names("repository");
        List<String> wanted = values.list(key, of);
        for (String name : wanted) {
            if (!configured.contains(name)) {
                problems.add(
                        values.originOf(key, of),
                        "there is no repository '" + name + "': expected "
                                + (configured.isEmpty() ? "a table [repository." + name + "]" : "of " + configured));
            }
        }
        return new ArrayList<>(new LinkedHashSet<>(wanted));
    }

    private CheckSettings check(String cluster) {
        CheckSettings defaults = CheckSettings.DEFAULT;
        return new CheckSettings(
                values.duration(KnownKey.CHECK_BACKUP_AGE, cluster, defaults.backupAge()),
                values.duration(KnownKey.CHECK_WAL_AGE, cluster, defaults.walAge()),
                values.duration(KnownKey.CHECK_UNVERIFIED_FOR, cluster, defaults.unverifiedFor()),
                values.duration(KnownKey.CHECK_UNPROVEN_FOR, cluster, defaults.unprovenFor()),
                values.duration(KnownKey.CHECK_UNDRILLED_FOR, cluster),
                values.percent(KnownKey.CHECK_FREE_SPACE, cluster, defaults.freeSpacePercent()),
                values.size(KnownKey.CHECK_REPLICATION_LAG, cluster).orElse(defaults.replicationLagBytes()));
    }
}
