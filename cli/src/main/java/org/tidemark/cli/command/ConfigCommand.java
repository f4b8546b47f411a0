// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.tidemark.cli.output.Document;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.ClusterSettings.CheckSettings;
import org.tidemark.config.Configuration;
import org.tidemark.config.ConfigurationException;
import org.tidemark.config.ConfigurationFiles;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.config.ConfigurationLoader.EffectiveConfiguration;
import org.tidemark.config.KnownKey.ValueForm;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.SecretMask;
import org.tidemark.config.Setting;
import org.tidemark.config.Setting.SettingKey;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.config.repository.StoreFactory;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "config",
        description = {
            "Checks the configuration and shows the effective settings: each value with the file and line, the"
                    + " variable or the option that set it, and the defaults of the stores' options and of check. Passwords are hidden. It also shows where the spool is and which files"
                    + " it looked for.",
        })
@Help(
        group = Help.Group.START,
        synopsis = "config",
        examples = {"tidemark config", "tidemark config --config ./tidemark.toml --output json"},
        statuses = {ExitCode.DONE, ExitCode.USAGE})
final class ConfigCommand implements Callable<ExitCode>, ShortCommand {
    private static final Setting.Origin DEFAULT = new Setting.Origin("default");

    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    ConfigCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        EffectiveConfiguration loaded = new ConfigurationLoader(context.environment(), context.clock())
                .load(global.config(), global.settings());
        List<Setting> settings = loaded.settings();
        refuseUnknownOptions(loaded);
        List<Path> places = ConfigurationFiles.candidates(context.environment(), global.config());
        Map<String, Path> spools = spools(loaded.configuration());
        Map<SettingKey, Setting> effective = new LinkedHashMap<>();
        settings.forEach(setting -> effective.put(setting.key(), setting));
        List<Setting> defaults = defaults(loaded.configuration()).stream()
                .filter(each -> !effective.containsKey(each.key()))
                .toList();
        if (output.isJson()) {
            printJson(output, effective.values(), defaults, places, spools);
        } else if (effective.isEmpty()) {
            output.say("nothing is configured, neither by variables nor in any of " + places);
            output.say("HINT: Write a configuration with: tidemark init --url URL");
        } else {
            printText(
                    output,
                    Stream.concat(effective.values().stream(), defaults.stream())
                            .toList());
            output.line("");
            spools.forEach((cluster, spool) ->
                    output.line("spool" + (cluster.isEmpty() ? "" : " of " + cluster) + ": " + spool + state(spool)));
            places.forEach(file -> output.line("looked at: " + file + state(file)));
        }
        return ExitCode.DONE;
    }

    /** Checks the options of stores, which other commands check only when they open the store. */
    private static void refuseUnknownOptions(EffectiveConfiguration loaded) {
        List<String> problems = new ArrayList<>();
        for (RepositorySettings repository :
                loaded.configuration().repositories().values()) {
            StoreFactory.unknownOptions(repository).forEach((option, problem) -> {
                SettingKey key = SettingKey.of("repository", repository.name(), option);
                String origin = loaded.settings().stream()
                        .filter(setting -> setting.key().equals(key))
                        .reduce((first, second) -> second)
                        .map(setting -> setting.origin() + ": ")
                        .orElse("");
                problems.add(origin + problem);
            });
        }
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
    }

    /** The spool of each cluster; one entry with an empty name if there is only one spool. */
    private Map<String, Path> spools(Configuration configuration) {
        Map<String, Path> spools = new LinkedHashMap<>();
        for (ClusterSettings cluster : configuration.clusters().values()) {
            spools.put(
                    cluster.name().value(),
                    SpoolDirectory.find(configuration.host(), cluster.dataDirectory(), context.environment()));
        }
        if (spools.isEmpty()) {
            spools.put("", SpoolDirectory.find(configuration.host(), Optional.empty(), context.environment()));
        }
        boolean one = Set.copyOf(spools.values()).size() == 1;
        return one ? Map.of("", spools.values().iterator().next()) : spools;
    }

    /** The defaults of the options of stores and of check. The documentation has those of the other keys. */
    private static List<Setting> defaults(Configuration configuration) {
        List<Setting> defaults = new ArrayList<>();
        for (RepositorySettings repository : configuration.repositories().values()) {
            StoreFactory.defaults(repository)
                    .forEach((option, value) -> defaults.add(
                            new Setting(SettingKey.of("repository", repository.name(), option), value, DEFAULT)));
        }
        for (ClusterName cluster : configuration.clusters().keySet()) {
            CheckSettings.defaults()
                    .forEach((key, value) -> defaults.add(new Setting(key.key(cluster.value()), value, DEFAULT)));
        }
        return defaults;
    }

    private static String state(Path path) {
        return Files.exists(path) ? "" : "  (not there)";
    }

    private static void printText(Output output, List<Setting> settings) {
        TextTable table = new TextTable(Column.left("KEY"), Column.left("VALUE"), Column.left("SET BY"));
        for (Setting setting : settings) {
            table.row(
                    setting.key().toString(),
                    SecretMask.shown(setting.key(), setting.value()),
                    setting.origin().text());
        }
        table.lines().forEach(output::line);
    }

    private static void printJson(
            Output output,
            Collection<Setting> settings,
            List<Setting> defaults,
            List<Path> places,
            Map<String, Path> spools) {
        output.json(Document.versioned()
                .list("settings", settings)
                .each(ConfigCommand::document)
                .list("defaults", defaults)
                .each(ConfigCommand::document)
                .list("spools", spools.entrySet())
                .each(each -> new Document()
                        .put("directory", each.getValue())
                        .put("cluster", Optional.of(each.getKey()).filter(cluster -> !cluster.isEmpty())))
                .list("files", places)
                .each(file -> new Document().put("file", file).put("exists", Files.exists(file))));
    }

    private static Document document(Setting setting) {
        return new Document()
                .put("key", setting.key().toString())
                .put("value", value(setting))
                .put("origin", setting.origin().text());
    }

    /** The JSON value: a list, a number, a boolean or a string. */
    private static Object value(Setting setting) {
        String shown = SecretMask.shown(setting.key(), setting.value());
        return switch (ValueForm.of(setting.key())) {
            case LIST -> Stream.of(shown.split(",", -1)).map(String::strip).toList();
            case NUMBER -> shown.matches("[0-9]{1,18}") ? (Object) Long.parseLong(shown) : shown;
            case BOOLEAN -> shown.matches("true|false") ? (Object) Boolean.parseBoolean(shown) : shown;
            case TEXT -> shown;
        };
    }
}
