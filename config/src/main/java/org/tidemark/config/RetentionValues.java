// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.List;
import java.util.Optional;
import org.tidemark.config.ConfigurationException.ConfigurationProblems;
import org.tidemark.retention.LongTermRule;
import org.tidemark.retention.RetentionPolicy;
import org.tidemark.retention.RetentionSettings;

/** How long a repository keeps backups and WAL, read from its settings. No WAL command loads this class. */
final class RetentionValues {
    private static final String AS_BACKUPS = "as backups";

    private RetentionValues() {}

    /** Empty if nothing is set; what is wrong becomes a problem. */
    static Optional<RetentionSettings> read(SettingValues values, ConfigurationProblems problems, String repository) {
        Optional<RetentionPolicy> policy =
                values.parsed(KnownKey.REPOSITORY_RETENTION, repository, RetentionPolicy::parse);
        Optional<RetentionPolicy> wal = values.parsed(
                        KnownKey.REPOSITORY_WAL_RETENTION, repository, RetentionValues::walPolicy)
                .flatMap(each -> each);
        List<LongTermRule> longTerm = values.parsed(KnownKey.REPOSITORY_KEEP, repository, LongTermRule::parseAll)
                .orElse(List.of());
        int minimum = values.number(
                KnownKey.REPOSITORY_MINIMUM_REDUNDANCY,
                repository,
                1,
                RetentionPolicy.Redundancy.MAX_BACKUPS,
                RetentionSettings.DEFAULT_MINIMUM_REDUNDANCY);
        if (values.isSet(KnownKey.REPOSITORY_RETENTION, repository)) {
            return policy.map(each -> new RetentionSettings(policy, wal, longTerm, minimum));
        }
        if (wal.isPresent()) {
            needsPolicy(KnownKey.REPOSITORY_WAL_RETENTION, values, problems, repository);
        }
        if (!longTerm.isEmpty()) {
            needsPolicy(KnownKey.REPOSITORY_KEEP, values, problems, repository);
        }
        return values.isSet(KnownKey.REPOSITORY_MINIMUM_REDUNDANCY, repository)
                ? Optional.of(new RetentionSettings(Optional.empty(), Optional.empty(), List.of(), minimum))
                : Optional.empty();
    }

    /** Empty: the WAL stays as long as the backups. */
    private static Optional<RetentionPolicy> walPolicy(String text) {
        return text.strip().replaceAll("\\s+", " ").equalsIgnoreCase(AS_BACKUPS)
                ? Optional.empty()
                : Optional.of(RetentionPolicy.parse(text));
    }

    private static void needsPolicy(
            KnownKey key, SettingValues values, ConfigurationProblems problems, String repository) {
        problems.add(
                values.originOf(key, repository),
                "'" + key.key(repository) + "' needs '" + KnownKey.REPOSITORY_RETENTION.key(repository)
                        + "', without which nothing expires: expected " + KnownKey.REPOSITORY_RETENTION.expected());
    }
}
