// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.tidemark.config.ConfigurationCache.Earlier;
import org.tidemark.config.ConfigurationException.ConfigurationProblems;
import org.tidemark.config.ConfigurationLoader.EffectiveConfiguration;
import org.tidemark.config.ConfigurationLoader.Parsing;
import org.tidemark.config.ConfigurationLoader.Wanted;
import org.tidemark.config.Setting.SettingKey;
import org.tidemark.core.ClusterName;
import org.tidemark.core.NearestWord;
import org.tidemark.store.StoreOption;

/**
 * The settings of one cluster that are used although something in the configuration files is wrong, so that WAL is
 * archived (docs/adr/0040-wrong-configuration.md): the present settings if the cluster and its repositories have no
 * part in what is wrong; otherwise their last settings that were right. Not thread-safe.
 */
final class ConfigurationOfCluster {
    private static final Set<KnownKey> DECIDING =
            Set.of(KnownKey.REPOSITORY_URL, KnownKey.REPOSITORY_ENCRYPT_TO, KnownKey.CLUSTER_REPOSITORIES);
    /** Letters that may differ in a misspelt key. */
    private static final int MISSPELT = 3;

    private final Environment environment;
    private final List<Path> candidates;
    private final List<Setting> options;
    private final Wanted wanted;
    private final Parsing parsing;
    private final ConfigurationException problem;

    private final ConfigurationProblems problems = new ConfigurationProblems();
    private final List<Setting> settings = new ArrayList<>();
    /** The texts of the files that are not TOML, by their paths; of each the readable settings count, too. */
    private final Map<Path, String> brokenTexts = new LinkedHashMap<>();

    private final Map<Path, List<Setting>> brokenSettings = new LinkedHashMap<>();
    private final List<Path> unreadable = new ArrayList<>();
    /** Whether there is a file that is not TOML, and seems to be of other clusters alone. */
    private boolean leftOut;

    /** @param problem everything that is wrong */
    ConfigurationOfCluster(
            Environment environment,
            List<Path> candidates,
            List<Setting> options,
            Wanted wanted,
            Parsing parsing,
            ConfigurationException problem) {
        this.environment = environment;
        this.candidates = candidates;
        this.options = options;
        this.wanted = wanted;
        this.parsing = parsing;
        this.problem = problem;
    }

    /** The names of the clusters as far as the files can be read. */
    static Set<ClusterName> names(List<Path> candidates) {
        List<Setting> settings = ConfigurationLoader.readFiles(candidates, new ConfigurationProblems());
        Set<ClusterName> names = new LinkedHashSet<>();
        for (String name : new SettingValues(settings, new ConfigurationProblems()).names("cluster")) {
            clusterName(name).ifPresent(names::add);
        }
        return names;
    }

    /** @throws ConfigurationException if the cluster cannot go on */
    EffectiveConfiguration load(Clock clock) {
        Optional<List<FileStamp>> stamps = ConfigurationFiles.stamps(candidates);
        ClusterName cluster = cluster();
        readFiles(cluster);
        List<Setting> present = new ArrayList<>(concerned(settings, cluster));
        present.addAll(VariableSettings.read(environment, settings, problems));
        present.addAll(options);
        requireSection(present, cluster);
        try {
            ConfigurationProblems concerning = problems.only(concerning(settings, cluster));
            Configuration configuration = parsing.parse(present, concerning);
            ConfigurationCache cache = new ConfigurationCache(environment, candidates, cluster);
            if (stamps.isPresent()
                    && stamps.equals(ConfigurationFiles.stamps(candidates))
                    && cache.read(stamps.get()).isEmpty()) {
                cache.write(stamps.get(), concerned(settings, cluster), clock);
            }
            return new EffectiveConfiguration(
                    present, configuration, stamps, Optional.of(wrong(stamps, Optional.empty(), Optional.empty())));
        } catch (ConfigurationException e) {
            return earlier(present, cluster, stamps);
        }
    }

    private EffectiveConfiguration earlier(
            List<Setting> present, ClusterName cluster, Optional<List<FileStamp>> stamps) {
        Earlier earlier = Stream.of(
                        new ConfigurationCache(environment, candidates),
                        new ConfigurationCache(environment, candidates, cluster))
                .flatMap(cache -> cache.readEarlier().stream())
                .max(Comparator.comparing(Earlier::written))
                .orElseThrow(() -> problem);
        List<Setting> last = new ArrayList<>(concerned(earlier.settings(), cluster));
        last.addAll(VariableSettings.read(environment, earlier.settings(), new ConfigurationProblems()));
        last.addAll(options);
        SettingKey acknowledge = acknowledge(cluster);
        Optional<String> before = value(last, acknowledge);
        last = stricter(last, present, cluster);
        Optional<String> after = value(last, acknowledge);
        Optional<String> greater = before.equals(after) ? Optional.empty() : Optional.of(after.orElse("all"));
        if (isUncertain(cluster) || cameFromUnreadable(last) || !deciding(last).equals(deciding(present))) {
            throw problem;
        }
        try {
            return new EffectiveConfiguration(
                    last,
                    parsing.parse(last, new ConfigurationProblems()),
                    stamps,
                    Optional.of(wrong(stamps, Optional.of(earlier.written()), greater)));
        } catch (ConfigurationException e) {
            throw problem;
        }
    }

    /**
     * A cluster without a section uses all repositories, but only where no cluster has one.
     *
     * @throws ConfigurationException if others have one, or may have one in a file that was left out
     */
    private void requireSection(List<Setting> present, ClusterName cluster) {
        Set<String> names = new SettingValues(present, new ConfigurationProblems()).names("cluster");
        boolean mayBeInABrokenFile = brokenTexts.values().stream()
                .anyMatch(text -> text.isEmpty()
                        || !SectionLines.of(text, cluster).lines().isEmpty());
        if (!names.contains(cluster.value()) && !mayBeInABrokenFile && (leftOut || hasClusters())) {
            throw problem;
        }
    }

    private boolean hasClusters() {
        return !new SettingValues(settings, new ConfigurationProblems())
                .names("cluster")
                .isEmpty();
    }

    /**
     * If the present settings differ, or may differ, from the earlier ones, no WAL is dropped, and the greater number
     * of repositories must hold it.
     */
    private List<Setting> stricter(List<Setting> last, List<Setting> present, ClusterName cluster) {
        List<Setting> stricter = new ArrayList<>(last);
        SettingKey full = SettingKey.of("host", "pg-wal-full");
        if (!value(last, full).equals(value(present, full))) {
            stricter.removeIf(setting -> setting.key().equals(full));
        }
        SettingKey acknowledge = acknowledge(cluster);
        Optional<String> now = value(present, acknowledge).or(() -> misspelt(present, acknowledge));
        boolean isUnknown = now.isEmpty() && !brokenTexts.isEmpty();
        if (!isUnknown && holders(now) > holders(value(last, acknowledge))) {
            // Without it, all must hold WAL; the present value may be what is wrong.
            stricter.removeIf(setting -> setting.key().equals(acknowledge));
            int repositories = new SettingValues(last, new ConfigurationProblems())
                    .list(KnownKey.CLUSTER_REPOSITORIES, cluster.value())
                    .size();
            if (holders(now) < repositories) {
                present.stream()
                        .filter(setting -> setting.key().equals(acknowledge))
                        .forEach(stricter::add);
            }
        }
        return stricter;
    }

    /** The value of the only unknown key of the same section, if it is nearly this one. */
    private static Optional<String> misspelt(List<Setting> present, SettingKey meant) {
        List<Setting> unknown = present.stream()
                .filter(each -> KnownKey.of(each.key()).isEmpty() && isBeside(each.key(), meant))
                .toList();
        return unknown.size() == 1
                        && isNear(
                                unknown.getFirst().key().parts().getLast(),
                                meant.parts().getLast())
                ? Optional.of(unknown.getFirst().value())
                : Optional.empty();
    }

    private static boolean isBeside(SettingKey key, SettingKey other) {
        int section = other.parts().size() - 1;
        return key.parts().size() == other.parts().size()
                && key.parts().subList(0, section).equals(other.parts().subList(0, section));
    }

    private static SettingKey acknowledge(ClusterName cluster) {
        return SettingKey.of("cluster", cluster.value(), "acknowledge");
    }

    private static Optional<String> value(List<Setting> all, SettingKey key) {
        return all.stream()
                .filter(setting -> setting.key().equals(key))
                .reduce((earlier, later) -> later)
                .map(Setting::value);
    }

    /** How many repositories must hold WAL: all by default; 0 for any other value. */
    private static int holders(Optional<String> acknowledge) {
        if (acknowledge.isEmpty() || acknowledge.get().equals("all")) {
            return Integer.MAX_VALUE;
        }
        return acknowledge.get().matches("[0-9]{1,4}") ? Integer.parseInt(acknowledge.get()) : 0;
    }

    /**
     * The cluster that the call is for. Where a file cannot be read, nobody knows whether there is only one.
     *
     * @throws ConfigurationException if it is not known
     */
    private ClusterName cluster() {
        if (wanted.cluster().isPresent()) {
            return wanted.cluster().get();
        }
        ConfigurationProblems found = new ConfigurationProblems();
        List<Setting> all = ConfigurationLoader.readFiles(candidates, found);
        SettingValues values = new SettingValues(all, new ConfigurationProblems());
        Set<String> names = values.names("cluster");
        for (String name : names) {
            Optional<Path> directory = values.path(KnownKey.CLUSTER_DATA_DIRECTORY, name);
            if (directory.isPresent() && Selection.isSame(directory.get(), wanted.directory())) {
                return named(name);
            }
        }
        if (names.size() != 1 || found.areOfWholeFiles()) {
            throw problem;
        }
        return named(names.iterator().next());
    }

    private ClusterName named(String name) {
        return clusterName(name).orElseThrow(() -> problem);
    }

    private static Optional<ClusterName> clusterName(String name) {
        try {
            return Optional.of(new ClusterName(name));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Reads what may concern the cluster. */
    private void readFiles(ClusterName cluster) {
        for (Path file : candidates) {
            if (!Files.notExists(file)) {
                read(file, cluster);
            }
            try {
                for (Path clusterFile : ConfigurationFiles.clusterFiles(file)) {
                    read(clusterFile, cluster);
                }
            } catch (IOException e) {
                throw problem;
            }
        }
    }

    private void read(Path file, ClusterName cluster) {
        ConfigurationProblems ofFile = new ConfigurationProblems();
        List<Setting> read = TomlFile.read(file, ofFile);
        boolean isMain = candidates.contains(file);
        if (ofFile.areOfWholeFiles()) {
            String text;
            try {
                text = Files.readString(file);
            } catch (IOException e) {
                text = "";
                unreadable.add(file);
            }
            boolean isOfOthers =
                    !text.isEmpty() && SectionLines.of(text, cluster).lines().isEmpty();
            if (isOfOthers && !isMain) {
                leftOut = true;
                return;
            }
            brokenTexts.put(file, text);
            brokenSettings.put(file, read);
        }
        settings.addAll(isMain ? read : ConfigurationLoader.clustersOnly(read, ofFile));
        problems.addAll(ofFile);
    }

    private List<Setting> concerned(List<Setting> all, ClusterName cluster) {
        Predicate<SettingKey> concerning = concerning(all, cluster);
        return all.stream()
                .filter(setting -> concerning.test(setting.key()))
                .map(setting -> isListOfClusters(setting.key())
                        ? new Setting(setting.key(), cluster.value(), setting.origin())
                        : setting)
                .toList();
    }

    /** It names clusters whose sections are left out. */
    private static boolean isListOfClusters(SettingKey key) {
        return KnownKey.of(key).filter(KnownKey.NOTIFY_CLUSTERS::equals).isPresent();
    }

    /**
     * Accepts the keys of the host, of the cluster, of the repositories that it uses, and of the destinations that are
     * told of it.
     */
    private Predicate<SettingKey> concerning(List<Setting> all, ClusterName cluster) {
        SettingValues values = new SettingValues(all, new ConfigurationProblems());
        Set<String> repositories = new LinkedHashSet<>(values.list(KnownKey.CLUSTER_REPOSITORIES, cluster.value()));
        if (!repositories.isEmpty()) {
            repositories.addAll(wanted.repositories());
        }
        return key -> {
            String name = key.parts().size() > 1 ? key.parts().get(1) : "";
            return switch (key.parts().getFirst()) {
                case "cluster" -> name.equals(cluster.value());
                case "repository" -> repositories.isEmpty() || repositories.contains(name);
                case "notify" -> {
                    List<String> about = values.list(KnownKey.NOTIFY_CLUSTERS, name);
                    yield about.isEmpty() || about.contains(cluster.value());
                }
                default -> true;
            };
        };
    }

    /**
     * Whether a file that is not TOML may have a deciding setting that could not be read. It would be a mistake to
     * store WAL without encryption, or in another place, because of a forgotten quotation mark.
     */
    private boolean isUncertain(ClusterName cluster) {
        for (Map.Entry<Path, String> each : brokenTexts.entrySet()) {
            long written = SectionLines.of(each.getValue(), cluster).keys().stream()
                    .filter(ConfigurationOfCluster::mayDecide)
                    .count();
            long read = brokenSettings.getOrDefault(each.getKey(), List.of()).stream()
                    .map(Setting::key)
                    .filter(key -> !key.parts().getFirst().equals("cluster")
                            || (key.parts().size() > 1 && key.parts().get(1).equals(cluster.value())))
                    .filter(key -> mayDecide(key.parts().getLast()))
                    .count();
            if (written != read) {
                return true;
            }
        }
        return false;
    }

    /** Whether a file that cannot be read at all gave one of these settings: it may say something else now. */
    private boolean cameFromUnreadable(List<Setting> earlier) {
        return unreadable.stream()
                .anyMatch(file -> earlier.stream()
                        .anyMatch(setting -> setting.origin().text().startsWith(file + ":")));
    }

    /** Whether a key is a deciding one, or a misspelt one. Some options of stores tell two servers apart. */
    private static boolean mayDecide(String last) {
        return Stream.concat(
                        DECIDING.stream().map(key -> key.parts().getLast()),
                        StoreDeclarations.options().values().stream()
                                .filter(StoreOption::partOfIdentity)
                                .map(StoreOption::name))
                .anyMatch(key -> isNear(last, key));
    }

    private static boolean isNear(String written, String key) {
        return NearestWord.distance(written, key) <= Math.min(MISSPELT, Math.min(key.length(), written.length()) / 2);
    }

    /** The settings that decide where WAL goes and for whom it is encrypted. */
    private static Map<SettingKey, String> deciding(List<Setting> settings) {
        Map<SettingKey, String> deciding = new LinkedHashMap<>();
        for (Setting setting : settings) {
            boolean decides = KnownKey.of(setting.key())
                    .map(DECIDING::contains)
                    .orElseGet(() -> mayDecide(setting.key().parts().getLast()));
            if (decides) {
                deciding.put(setting.key(), setting.value());
            }
        }
        return deciding;
    }

    private WrongFiles wrong(
            Optional<List<FileStamp>> stamps, Optional<Instant> earlier, Optional<String> acknowledge) {
        Optional<Instant> since = stamps.stream()
                .flatMap(List::stream)
                .filter(stamp -> problem.problems().stream().anyMatch(text -> text.startsWith(stamp.path() + ":")))
                .flatMap(stamp -> stamp.modified().stream())
                .map(FileTime::toInstant)
                .min(Comparator.naturalOrder());
        return new WrongFiles(problem, since, earlier, acknowledge);
    }
}
