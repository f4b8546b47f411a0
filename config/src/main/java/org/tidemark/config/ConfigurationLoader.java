// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.config.ConfigurationException.ConfigurationProblems;
import org.tidemark.config.Setting.Origin;
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
        return load(explicit, options, false);
    }

    /** The same for a WAL command: without how long backups are kept. */
    public EffectiveConfiguration loadForWal(Optional<Path> explicit) {
        return load(explicit, List.of(), true);
    }

    private EffectiveConfiguration load(Optional<Path> explicit, List<Setting> options, boolean isForWal) {
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
        Configuration configuration = isForWal
                ? ConfigurationParser.parseForWal(settings, problems)
                : ConfigurationParser.parse(settings, problems);

        if (cached.isEmpty() && before.isPresent() && before.equals(ConfigurationFiles.stamps(candidates))) {
            cache.write(before.get(), fromFiles, clock);
        }
        return new EffectiveConfiguration(settings, configuration, before);
    }

    /** Reads the files without writing the cache: for root, before the user of the command is known. */
    public EffectiveConfiguration loadWithoutCache(Optional<Path> explicit) {
        ConfigurationFiles.requireNamed(environment, explicit);
        ConfigurationProblems problems = new ConfigurationProblems();
        List<Setting> settings = readFiles(ConfigurationFiles.candidates(environment, explicit), problems);
        settings.addAll(VariableSettings.read(environment, List.copyOf(settings), problems));
        return new EffectiveConfiguration(settings, ConfigurationParser.parse(settings, problems), Optional.empty());
    }

    /** The settings of variables and options only. */
    public EffectiveConfiguration loadWithoutFiles(List<Setting> options) {
        ConfigurationProblems problems = new ConfigurationProblems();
        List<Setting> settings = new ArrayList<>(VariableSettings.read(environment, options, problems));
        settings.addAll(options);
        return new EffectiveConfiguration(settings, ConfigurationParser.parse(settings, problems), Optional.empty());
    }

    private static List<Setting> readFiles(List<Path> candidates, ConfigurationProblems problems) {
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

    private static List<Setting> clustersOnly(List<Setting> settings, ConfigurationProblems problems) {
        for (Setting setting : settings) {
            if (!setting.key().parts().getFirst().equals("cluster")) {
                problems.add(
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
     */
    public record EffectiveConfiguration(
            List<Setting> settings, Configuration configuration, Optional<List<FileStamp>> files) {
        public EffectiveConfiguration {
            settings = List.copyOf(settings);
            files = files.map(List::copyOf);
        }
    }
}
