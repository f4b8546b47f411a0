// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.start;

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
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.ShortCommand;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.ClusterSettings.CheckSettings;
import org.tidemark.config.Configuration;
import org.tidemark.config.ConfigurationEdit;
import org.tidemark.config.ConfigurationException;
import org.tidemark.config.ConfigurationFiles;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.config.ConfigurationLoader.EffectiveConfiguration;
import org.tidemark.config.KnownKey;
import org.tidemark.config.KnownKey.ValueForm;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.SecretMask;
import org.tidemark.config.Setting;
import org.tidemark.config.Setting.SettingKey;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.config.StoreDeclarations;
import org.tidemark.config.repository.StoreFactory;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.setup.FirstConfiguration;
import org.tidemark.operations.setup.foreign.Translation;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.view.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "config",
        description = {
            "Checks the configuration and shows the effective settings: each value with the file and line, the"
                    + " variable or the option that set it, and the defaults of the stores' options and of check. Passwords are hidden. It also shows where the spool is and which files"
                    + " it looked for.",
            "'config set' changes one key of the cluster, of one repository (--repository NAME) or of the host (KEY is"
                    + " host.KEY or service.KEY; cluster.NAME.KEY and repository.NAME.KEY work as well) in the file that sets it. Comments and all other lines stay. It writes the change"
                    + " only if the whole configuration is valid with it. 'config unset' removes the key.",
            "'config --from FILE' translates a configuration of Barman or pgBackRest: it prints one of Tidemark, and"
                    + " then what you have to decide.",
        })
@Help(
        group = Help.Group.START,
        synopsis = {"config [set KEY VALUE | unset KEY] [--dry-run]", "config --from FILE"},
        examples = {
            "tidemark config",
            "tidemark config --config ./tidemark.toml --output json",
            "tidemark config set --cluster main data-directory /var/lib/postgresql/15/standby --dry-run",
            "tidemark config --from /etc/pgbackrest.conf"
        },
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.LOCAL_FILES})
public final class ConfigCommand implements Callable<ExitCode>, ShortCommand {
    private static final int SET_WORDS = 3;
    private static final int UNSET_WORDS = 2;

    private static final Setting.Origin DEFAULT = new Setting.Origin("default");

    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(
            paramLabel = "set KEY VALUE | unset KEY",
            arity = "0..*",
            description = "change this key, or remove it; the elements of a list are separated by commas")
    private List<String> words = new ArrayList<>();

    @Option(
            names = "--dry-run",
            description = "with set and unset: show the lines that would change, but change nothing")
    private boolean dryRun;

    @Option(
            names = "--from",
            paramLabel = "FILE",
            description = "translate this configuration of Barman or pgBackRest; nothing is written")
    private @Nullable Path from;

    /** The document of {@code config --from} in JSON. */
    record Translated(String program, String configuration, List<RemarkView> remarks) {
        private record RemarkView(String setting, String text) {}

        static Translated of(Translation translation) {
            return new Translated(
                    translation.program(),
                    translation.toml(),
                    Json.list(translation.remarks(), each -> new RemarkView(each.setting(), each.text())));
        }
    }

    /** The document of {@code config set} and {@code config unset} in JSON. */
    private record Changed(Path file, int line, List<String> removed, List<String> added, boolean written) {}

    /** The document of {@code config} in JSON. */
    public record View(List<Value> settings, List<Value> defaults, List<Spool> spools, List<PlaceView> files) {
        private record Value(String key, Object value, String origin) {
            static Value of(Setting setting) {
                return new Value(
                        setting.key().toString(),
                        value(setting),
                        setting.origin().text());
            }

            /** The JSON value: a list, a number, a boolean or a string. */
            private static Object value(Setting setting) {
                String shown = SecretMask.shown(setting.key(), setting.value());
                return switch (ValueForm.of(setting.key())) {
                    case LIST ->
                        Stream.of(shown.split(",", -1)).map(String::strip).toList();
                    case NUMBER -> shown.matches("[0-9]{1,18}") ? (Object) Long.parseLong(shown) : shown;
                    case BOOLEAN -> shown.matches("true|false") ? (Object) Boolean.parseBoolean(shown) : shown;
                    case TEXT -> shown;
                };
            }
        }

        private record Spool(Path directory, Optional<String> cluster) {}

        private record PlaceView(Path file, boolean exists) {}

        /** The document of one run. */
        public static View of(
                Collection<Setting> settings, List<Setting> defaults, List<Path> places, Map<String, Path> spools) {
            return new View(
                    Json.list(settings, Value::of),
                    Json.list(defaults, Value::of),
                    Json.list(
                            spools,
                            (cluster, spool) ->
                                    new Spool(spool, Optional.of(cluster).filter(name -> !name.isEmpty()))),
                    Json.list(places, file -> new PlaceView(file, Files.exists(file))));
        }
    }

    public ConfigCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        if (from != null) {
            return translate(output, from);
        }
        if (!words.isEmpty() || dryRun) {
            return edit(output);
        }
        ConfigurationLoader loader = new ConfigurationLoader(context.environment(), context.clock());
        EffectiveConfiguration loaded;
        try {
            loaded = loader.load(global.config(), global.settings());
        } catch (ConfigurationException e) {
            if (!output.isJson()) {
                printText(output, known(loader.settingsDespiteProblems(global.config())));
            }
            throw e;
        }
        refuseWhatCannotBeUsed(loaded);
        List<Path> places = ConfigurationFiles.candidates(context.environment(), global.config());
        Map<String, Path> spools = spools(loaded.configuration());
        Map<SettingKey, Setting> effective = effective(loaded.settings());
        List<Setting> defaults = defaults(loaded.configuration()).stream()
                .filter(each -> !effective.containsKey(each.key()))
                .toList();
        if (output.isJson()) {
            output.json(View.of(effective.values(), defaults, places, spools));
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

    /** A value of a key that nobody knows may be a secret. */
    private static List<Setting> known(List<Setting> settings) {
        return effective(settings).values().stream()
                .filter(each -> KnownKey.of(each.key()).isPresent()
                        || StoreDeclarations.option(each.key().parts().getLast())
                                .isPresent())
                .toList();
    }

    /** The last one of each key. */
    private static Map<SettingKey, Setting> effective(List<Setting> settings) {
        Map<SettingKey, Setting> effective = new LinkedHashMap<>();
        settings.forEach(setting -> effective.put(setting.key(), setting));
        return effective;
    }

    private ExitCode translate(Output output, Path foreign) {
        if (!words.isEmpty() || dryRun) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--from translates a whole file, and cannot be combined with set, unset and --dry-run",
                    "It writes nothing: tidemark config --from FILE > tidemark.toml");
        }
        Translation translation =
                Translation.of(context.environment().workingDirectory().resolve(foreign));
        if (output.isJson()) {
            output.json(Translated.of(translation));
            return ExitCode.DONE;
        }
        translation.toml().lines().forEach(output::line);
        output.say("");
        output.say("Of this configuration of " + translation.program() + " you have to decide:");
        for (Translation.Remark remark : translation.remarks()) {
            output.say("  " + remark.setting() + ": " + remark.text());
        }
        return ExitCode.DONE;
    }

    private ExitCode edit(Output output) {
        boolean sets = words.size() == SET_WORDS && words.getFirst().equals("set");
        if (!sets && !(words.size() == UNSET_WORDS && words.getFirst().equals("unset"))) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "expected: config set KEY VALUE, or config unset KEY",
                    "Give the key and one value, such as: tidemark config set data-directory /var/lib/postgresql/15/main");
        }
        SettingKey key = key(words.get(1));
        Optional<String> value = sets ? Optional.of(words.get(2)) : Optional.empty();
        if (value.filter(SecretMask::isMasked).isPresent()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "the value has stars in the place of a password",
                    "'tidemark config' hides passwords. Edit the file by hand, then check it with: tidemark config");
        }
        if (key.parts().getLast().equals("conninfo")
                && value.filter(SecretMask::hasSecret).isPresent()) {
            throw FirstConfiguration.passwordInArgument();
        }
        if (value.filter(text -> SecretMask.isSecretAddress(key, text)).isPresent()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "an address of a webhook or heartbeat is a secret, and every user of this host can read arguments",
                    "Write it into a file that only the user who runs Tidemark can read, and give the path.");
        }
        ConfigurationEdit edit = ConfigurationEdit.plan(context.environment(), global.config(), key, value);
        refuseWhatCannotBeUsed(edit.result());
        if (!dryRun && !edit.removed().equals(edit.added())) {
            edit.write();
        }
        List<String> removed = shown(edit.removed());
        List<String> added = shown(edit.added());
        if (output.isJson()) {
            output.json(new Changed(edit.file(), edit.line(), removed, added, !dryRun));
        } else if (removed.equals(added)) {
            output.line(edit.file() + ": '" + key + "' already has this value");
        } else {
            output.line(edit.file() + ":" + edit.line());
            removed.forEach(line -> output.line("- " + line));
            added.forEach(line -> output.line("+ " + line));
        }
        edit.result().settings().stream()
                .filter(setting -> setting.key().equals(key))
                .reduce((first, second) -> second)
                .map(setting -> setting.origin().text())
                .filter(origin -> origin.startsWith("variable "))
                .ifPresent(variable -> output.warn(
                        variable + " overrides '" + key + "' of the file",
                        "Remove the variable from the environment of every command and of PostgreSQL."));
        return ExitCode.DONE;
    }

    /** As given if it names its table, otherwise of the repository or the cluster that the options name. */
    private SettingKey key(String text) {
        List<String> parts = new ArrayList<>(SettingKey.parse(text).parts());
        boolean isWhole = switch (parts.getFirst()) {
            case "host", "service" -> true;
            case "cluster", "repository", "notify" -> parts.size() > 2;
            case "drill" -> true;
            default -> false;
        };
        if (isWhole) {
            requireSame(parts);
            return new SettingKey(parts);
        }
        if (global.repositories().size() == 1) {
            parts.addAll(0, List.of("repository", global.repositories().getFirst()));
        } else {
            parts.addAll(0, List.of("cluster", cluster().value()));
        }
        return new SettingKey(parts);
    }

    private void requireSame(List<String> key) {
        String table = key.getFirst();
        Optional<String> option = switch (table) {
            case "cluster" -> global.cluster().map(ClusterName::value);
            case "repository" -> global.repositories().stream().findFirst();
            default -> Optional.empty();
        };
        if (option.filter(name -> !name.equals(key.get(1))).isPresent()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "the key is of the " + table + " '" + key.get(1) + "', and --" + table + " names '" + option.get()
                            + "'",
                    "Leave out one of them.");
        }
    }

    private ClusterName cluster() {
        return global.cluster().orElseGet(() -> {
            Set<ClusterName> known = new ConfigurationLoader(context.environment(), context.clock())
                    .clustersDespiteProblems(global.config());
            if (known.size() == 1) {
                return known.iterator().next();
            }
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "the key does not say which cluster or repository it is for",
                    "Name one with --cluster NAME or --repository NAME, or write the whole key, such as host.KEY. List them with:"
                            + " tidemark config");
        });
    }

    /** The lines without secrets. */
    private static List<String> shown(List<String> lines) {
        return lines.stream()
                .map(String::stripTrailing)
                .map(SecretMask::shownLine)
                .toList();
    }

    /** Checks what other commands check only when they open the store, or connect to the server. */
    private void refuseWhatCannotBeUsed(EffectiveConfiguration loaded) {
        List<String> problems = new ArrayList<>();
        for (RepositorySettings repository :
                loaded.configuration().repositories().values()) {
            StoreFactory.unknownOptions(repository).forEach((option, problem) -> {
                SettingKey key = SettingKey.of("repository", repository.name(), option);
                problems.add(origin(loaded, key) + problem);
            });
            StoreFactory.wrongAddress(repository)
                    .ifPresent(problem ->
                            problems.add(origin(loaded, KnownKey.REPOSITORY_URL.key(repository.name())) + problem));
        }
        ClientEnvironment client = ClientEnvironment.of(
                context.environment().variables(), context.environment().home());
        for (ClusterSettings cluster : loaded.configuration().clusters().values()) {
            try {
                cluster.conninfo().ifPresent(conninfo -> ConnectionSettings.parse(conninfo, client));
            } catch (UserFacingException e) {
                problems.add(origin(
                                loaded,
                                KnownKey.CLUSTER_CONNINFO.key(cluster.name().value()))
                        + e.getMessage());
            }
        }
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
    }

    private static String origin(EffectiveConfiguration loaded, SettingKey key) {
        return loaded.settings().stream()
                .filter(setting -> setting.key().equals(key))
                .reduce((first, second) -> second)
                .map(setting -> setting.origin() + ": ")
                .orElse("");
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
}
