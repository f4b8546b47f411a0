// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tidemark.config.ConfigurationException.ConfigurationProblems;
import org.tidemark.config.Setting.Origin;
import org.tidemark.core.ClusterName;
import org.tidemark.core.FileProblem;

/** Loads the configuration from all its sources: files, then variables, then options; later ones win. */
public final class ConfigurationLoader {
    private final Environment environment;
    private final Clock clock;

    public ConfigurationLoader(Environment environment, Clock clock) {
        this.environment = environment;
        this.clock = clock;
    }

    /**
     * Reads the files, or their cached settings while the files are unchanged.
     *
     * @param explicit the file given by {@code --config}
     * @param options settings given by options
     * @throws ConfigurationException with everything that is wrong
     */
    public EffectiveConfiguration load(Optional<Path> explicit, List<Setting> options) {
        return load(explicit, options, Parsing.WHOLE);
    }

    /** The same for WAL commands of all clusters: without how long backups are kept. */
    public EffectiveConfiguration loadForWal(Optional<Path> explicit) {
        return load(explicit, List.of(), Parsing.FOR_WAL);
    }

    /**
     * The same for one cluster, which goes on although something in the files is wrong, wherever that is possible.
     *
     * @throws ConfigurationException with everything that is wrong, if the cluster cannot go on
     */
    public EffectiveConfiguration loadForWal(Optional<Path> explicit, Wanted wanted) {
        return loadDespiteProblems(explicit, List.of(), wanted, Parsing.FOR_WAL);
    }

    /** The same with how long backups are kept. */
    public EffectiveConfiguration loadDespiteProblems(Optional<Path> explicit, List<Setting> options, Wanted wanted) {
        return loadDespiteProblems(explicit, options, wanted, Parsing.WHOLE);
    }

    private EffectiveConfiguration loadDespiteProblems(
            Optional<Path> explicit, List<Setting> options, Wanted wanted, Parsing parsing) {
        try {
            return load(explicit, options, parsing);
        } catch (ConfigurationException e) {
            List<Path> candidates = ConfigurationFiles.candidates(environment, explicit);
            return new ConfigurationOfCluster(environment, candidates, options, wanted, parsing, e).load(clock);
        }
    }

    /** The names of the configured clusters, as far as the files can be read. */
    public Set<ClusterName> clustersDespiteProblems(Optional<Path> explicit) {
        return ConfigurationOfCluster.names(ConfigurationFiles.candidates(environment, explicit));
    }

    private EffectiveConfiguration load(Optional<Path> explicit, List<Setting> options, Parsing parsing) {
        ConfigurationFiles.requireNamed(environment, explicit);
        List<Path> candidates = ConfigurationFiles.candidates(environment, explicit);
        ConfigurationProblems problems = new ConfigurationProblems();
        ConfigurationCache cache = new ConfigurationCache(environment, candidates);
        Optional<List<FileStamp>> before = ConfigurationFiles.stamps(candidates);
        Optional<List<Setting>> cached = before.isPresent() ? cache.read(before.get()) : Optional.empty();
        List<Setting> fromFiles = cached.isPresent() ? cached.get() : readFiles(candidates, problems);

        List<Setting> settings = new ArrayList<>(fromFiles);
        settings.addAll(VariableSettings.read(environment, fromFiles, problems));
        settings.addAll(options);
        Configuration configuration = parsing.parse(settings, problems);

        if (cached.isEmpty() && before.isPresent() && before.equals(ConfigurationFiles.stamps(candidates))) {
            cache.write(before.get(), fromFiles, clock);
        }
        return new EffectiveConfiguration(settings, configuration, before, Optional.empty());
    }

    /** Reads where the log goes, whatever else is wrong in the configuration; empty if that is unknown. */
    public Optional<LogSettings> logDespiteProblems(Optional<Path> explicit) {
        return new SettingValues(settingsDespiteProblems(explicit), new ConfigurationProblems()).log();
    }

    /** The settings of files and variables as far as they can be read, unchecked. */
    public List<Setting> settingsDespiteProblems(Optional<Path> explicit) {
        ConfigurationProblems ignored = new ConfigurationProblems();
        List<Path> candidates = ConfigurationFiles.candidates(environment, explicit);
        Optional<List<FileStamp>> stamps = ConfigurationFiles.stamps(candidates);
        Optional<List<Setting>> cached = stamps.isPresent()
                ? new ConfigurationCache(environment, candidates).read(stamps.get())
                : Optional.empty();
        List<Setting> settings = new ArrayList<>(cached.isPresent() ? cached.get() : readFiles(candidates, ignored));
        settings.addAll(VariableSettings.read(environment, List.copyOf(settings), ignored));
        return settings;
    }

    /** Reads the files without writing the cache: for root, before the user of the command is known. */
    public EffectiveConfiguration loadWithoutCache(Optional<Path> explicit) {
        ConfigurationFiles.requireNamed(environment, explicit);
        ConfigurationProblems problems = new ConfigurationProblems();
        List<Setting> settings = readFiles(ConfigurationFiles.candidates(environment, explicit), problems);
        settings.addAll(VariableSettings.read(environment, List.copyOf(settings), problems));
        return new EffectiveConfiguration(
                settings, ConfigurationParser.parse(settings, problems), Optional.empty(), Optional.empty());
    }

    /** The settings of variables and options only. */
    public EffectiveConfiguration loadWithoutFiles(List<Setting> options) {
        ConfigurationProblems problems = new ConfigurationProblems();
        List<Setting> settings = new ArrayList<>(VariableSettings.read(environment, options, problems));
        settings.addAll(options);
        return new EffectiveConfiguration(
                settings, ConfigurationParser.parse(settings, problems), Optional.empty(), Optional.empty());
    }

    static List<Setting> readFiles(List<Path> candidates, ConfigurationProblems problems) {
        List<Setting> settings = new ArrayList<>();
        for (Path file : candidates) {
            if (!Files.notExists(file)) {
                settings.addAll(TomlFile.read(file, problems));
            }
            try {
                for (Path clusterFile : ConfigurationFiles.clusterFiles(file)) {
                    settings.addAll(clustersOnly(TomlFile.read(clusterFile, problems), problems));
                }
            } catch (IOException e) {
                problems.add(
                        Origin.file(ConfigurationFiles.clusterDirectory(file)),
                        "cannot be read (" + FileProblem.of(e) + "): expected a readable directory");
            }
        }
        return settings;
    }

    static List<Setting> clustersOnly(List<Setting> settings, ConfigurationProblems problems) {
        for (Setting setting : settings) {
            if (!setting.key().parts().getFirst().equals("cluster")) {
                problems.add(
                        setting.key(),
                        setting.origin(),
                        "'" + setting.key() + "' cannot be set here: expected only [cluster.NAME] in the directory "
                                + ConfigurationFiles.CLUSTER_DIRECTORY);
            }
        }
        return settings;
    }

    /**
     * The settings as given, and the configuration that they make. Immutable.
     *
     * @param settings each with its origin, in order; of one key the last one wins
     * @param files the state of every file before it was read; empty if it is not known
     * @param wrong what is wrong in the files, if the command goes on nevertheless
     */
    public record EffectiveConfiguration(
            List<Setting> settings,
            Configuration configuration,
            Optional<List<FileStamp>> files,
            Optional<WrongFiles> wrong) {
        public EffectiveConfiguration {
            settings = List.copyOf(settings);
            files = files.map(List::copyOf);
        }
    }

    /**
     * The cluster that a call is for. Immutable.
     *
     * @param cluster its name; empty: the cluster with this data directory, or the only one
     * @param repositories names or addresses in the call, besides those of the cluster
     */
    public record Wanted(Optional<ClusterName> cluster, Path directory, List<String> repositories) {
        public Wanted {
            repositories = List.copyOf(repositories);
        }
    }

    /** How much of the settings is read. */
    enum Parsing {
        WHOLE,
        FOR_WAL;

        Configuration parse(List<Setting> settings, ConfigurationProblems problems) {
            return this == FOR_WAL
                    ? ConfigurationParser.parseForWal(settings, problems)
                    : ConfigurationParser.parse(settings, problems);
        }
    }
}
