// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Recipients;
import org.tidemark.config.ConfigurationException.ConfigurationProblems;
import org.tidemark.config.Setting.Origin;
import org.tidemark.config.Setting.SettingKey;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Durations;
import org.tidemark.core.Sizes;
import org.tidemark.store.StoreDeclaration;

/** The settings by key, as typed values; a value that is not of its type becomes a problem and gives the default. */
final class SettingValues {
    private static final String DROP_AT = "drop at ";
    private static final String FREE = " free";

    private final Map<SettingKey, Setting> settings = new LinkedHashMap<>();
    private final ConfigurationProblems problems;

    SettingValues(List<Setting> settings, ConfigurationProblems problems) {
        this.problems = problems;
        for (Setting setting : settings) {
            this.settings.put(setting.key(), setting);
        }
        for (Setting setting : settings) {
            SettingKey key = setting.key();
            if (KnownKey.of(key).isEmpty() && !isStoreOption(key)) {
                problems.add(setting.origin(), UnknownKey.problem(key, VariableSettings.patterns(true)));
            }
        }
    }

    /** The names that tables such as {@code [repository.NAME]} were given. */
    Set<String> names(String table) {
        Set<String> names = new LinkedHashSet<>();
        for (SettingKey key : settings.keySet()) {
            if (key.parts().size() > 2 && key.parts().getFirst().equals(table)) {
                names.add(key.parts().get(1));
            }
        }
        return names;
    }

    /** The names that tables such as {@code [drill.question.NAME]} were given. */
    Set<String> namesBelow(String table, String part) {
        Set<String> names = new LinkedHashSet<>();
        for (SettingKey key : settings.keySet()) {
            List<String> parts = key.parts();
            if (parts.size() > 3
                    && parts.getFirst().equals(table)
                    && parts.get(1).equals(part)) {
                names.add(parts.get(2));
            }
        }
        return names;
    }

    /**
     * Whether a table may have this name; otherwise that is a problem. All have the characters of a cluster's name:
     * each occurs in names of variables, files or directories, and in messages.
     *
     * @param what it is the name of
     */
    boolean isName(String table, String name, String what) {
        try {
            new ClusterName(name);
            return true;
        } catch (IllegalArgumentException e) {
            problems.add(
                    originOf(table, name),
                    "'" + name + "' cannot be the name of a " + what
                            + ": expected up to 63 letters, digits, dots, hyphens or underscores");
            return false;
        }
    }

    Origin originOf(String table, String name) {
        for (Setting setting : settings.values()) {
            List<String> parts = setting.key().parts();
            if (parts.size() > 2
                    && parts.getFirst().equals(table)
                    && parts.get(1).equals(name)) {
                return setting.origin();
            }
        }
        throw new IllegalStateException("no setting of " + table + " " + name);
    }

    Origin originOf(KnownKey key, String name) {
        Setting setting = settings.get(key.key(name));
        return setting == null
                ? originOf(key.parts().getFirst(), key.isBelow() ? key.parts().get(1) : name)
                : setting.origin();
    }

    Optional<String> text(KnownKey key, String name) {
        Setting setting = settings.get(key.key(name));
        return setting == null ? Optional.empty() : Optional.of(setting.value());
    }

    /** A value that {@code parser} refuses by an {@link IllegalArgumentException} is a problem. */
    <T> Optional<T> parsed(KnownKey key, String name, Function<String, T> parser) {
        Setting setting = settings.get(key.key(name));
        if (setting == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(parser.apply(setting.value()));
        } catch (IllegalArgumentException e) {
            return problem(setting, key);
        }
    }

    boolean isSet(KnownKey key, String name) {
        return settings.containsKey(key.key(name));
    }

    List<String> list(KnownKey key, String name) {
        List<String> elements = new ArrayList<>();
        for (String element : text(key, name).orElse("").split(",", -1)) {
            if (!element.isBlank()) {
                elements.add(element.strip());
            }
        }
        return elements;
    }

    Optional<Path> path(KnownKey key, String name) {
        Setting setting = settings.get(key.key(name));
        if (setting == null) {
            return Optional.empty();
        }
        Optional<Path> path = absolute(setting.value());
        return path.isPresent() ? path : problem(setting, key);
    }

    private static Optional<Path> absolute(String text) {
        try {
            Path path = Path.of(text);
            return path.isAbsolute() ? Optional.of(path.normalize()) : Optional.empty();
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    List<Path> paths(KnownKey key, String name) {
        List<Path> paths = new ArrayList<>();
        Setting setting = settings.get(key.key(name));
        if (setting == null) {
            return paths;
        }
        for (String element : list(key, name)) {
            Optional<Path> path = absolute(element);
            if (path.isEmpty()) {
                problems.addValue(setting, key.expected());
                return List.of();
            }
            paths.add(path.get());
        }
        return paths;
    }

    /** Public keys of age. An empty list is refused: it would leave everything unencrypted by mistake. */
    List<String> publicKeys(KnownKey key, String name) {
        Setting setting = settings.get(key.key(name));
        if (setting == null) {
            return List.of();
        }
        List<String> keys = list(key, name);
        try {
            Recipients.parse(keys);
        } catch (IllegalArgumentException e) {
            // The value is not shown: it may be a private key.
            problems.add(
                    setting.origin(),
                    "'" + setting.key() + "' cannot be used: " + e.getMessage() + "; expected " + key.expected());
        }
        return keys;
    }

    int number(KnownKey key, String name, int min, int max, int defaultValue) {
        Setting setting = settings.get(key.key(name));
        return setting == null ? defaultValue : number(key, setting, setting.value(), min, max, defaultValue);
    }

    /** Empty for {@code all}, the default. */
    OptionalInt numberOrAll(KnownKey key, String name, int max) {
        Setting setting = settings.get(key.key(name));
        if (setting == null || setting.value().equals("all")) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(number(key, setting, setting.value(), 1, Math.max(max, 1), 1));
    }

    int percent(KnownKey key, String name, int defaultValue) {
        Setting setting = settings.get(key.key(name));
        if (setting == null) {
            return defaultValue;
        }
        String text = setting.value();
        String digits = text.endsWith("%") ? text.substring(0, text.length() - 1) : "";
        return number(key, setting, digits, 0, 100, defaultValue);
    }

    private int number(KnownKey key, Setting setting, String digits, int min, int max, int defaultValue) {
        try {
            int number = Integer.parseInt(digits);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // The problem below says what is expected.
        }
        problems.addValue(setting, key.expected());
        return defaultValue;
    }

    Duration duration(KnownKey key, String name, Duration defaultValue) {
        return duration(key, name).orElse(defaultValue);
    }

    Optional<Duration> duration(KnownKey key, String name) {
        Setting setting = settings.get(key.key(name));
        if (setting == null) {
            return Optional.empty();
        }
        Optional<Duration> duration = Durations.parse(setting.value());
        if (duration.isEmpty() || duration.get().isZero()) {
            problems.addValue(setting, key.expected());
            return Optional.empty();
        }
        return duration;
    }

    OptionalLong size(KnownKey key, String name) {
        Setting setting = settings.get(key.key(name));
        if (setting == null) {
            return OptionalLong.empty();
        }
        OptionalLong size = Sizes.parse(setting.value());
        if (size.isEmpty() || size.getAsLong() == 0) {
            problems.addValue(setting, key.expected());
        }
        return size;
    }

    /** A size that may be 0. */
    long sizeOrNone(KnownKey key, String name, long defaultValue) {
        Setting setting = settings.get(key.key(name));
        return setting != null && setting.value().equals("0")
                ? 0
                : size(key, name).orElse(defaultValue);
    }

    /** The size of "drop at SIZE free"; 0 for "wait", and where it is not set. */
    long dropBelow(KnownKey key) {
        Setting setting = settings.get(key.key(""));
        if (setting == null || setting.value().equals("wait")) {
            return 0;
        }
        String value = setting.value();
        boolean drops =
                value.startsWith(DROP_AT) && value.endsWith(FREE) && value.length() > DROP_AT.length() + FREE.length();
        OptionalLong size = drops
                ? Sizes.parse(value.substring(DROP_AT.length(), value.length() - FREE.length())
                        .strip())
                : OptionalLong.empty();
        if (size.orElse(0) <= 0) {
            problems.addValue(setting, key.expected());
        }
        return size.orElse(0);
    }

    /** Which of two words is set; the first one where none is. */
    boolean isSecond(KnownKey key, String name, String first, String second) {
        Setting setting = settings.get(key.key(name));
        if (setting != null
                && !setting.value().equals(first)
                && !setting.value().equals(second)) {
            problems.addValue(setting, key.expected());
        }
        return setting != null && setting.value().equals(second);
    }

    /** Empty if no log is configured: then nothing of it is loaded. */
    Optional<LogSettings> log() {
        Setting to = settings.get(KnownKey.HOST_LOG.key(""));
        Setting level = settings.get(KnownKey.HOST_LOG_LEVEL.key(""));
        if (to == null) {
            return Optional.empty();
        }
        Optional<LogSettings.Destination> destination = destination(to);
        if (destination.isEmpty()) {
            return problem(to, KnownKey.HOST_LOG);
        }
        if (level == null) {
            return Optional.of(new LogSettings(destination.get(), LogSettings.DEFAULT_LEVEL));
        }
        for (LogSettings.Level each : LogSettings.Level.values()) {
            if (each.name().equalsIgnoreCase(level.value())) {
                return Optional.of(new LogSettings(destination.get(), each));
            }
        }
        return problem(level, KnownKey.HOST_LOG_LEVEL);
    }

    private static Optional<LogSettings.Destination> destination(Setting to) {
        for (LogSettings.Service service : LogSettings.Service.values()) {
            if (service.toString().equals(to.value())) {
                return Optional.of(service);
            }
        }
        Optional<Path> path = absolute(to.value());
        return path.isPresent() ? Optional.of(new LogSettings.LogFile(path.get())) : Optional.empty();
    }

    OptionalLong size(KnownKey key, String name, long min, long max) {
        Setting setting = settings.get(key.key(name));
        OptionalLong size = size(key, name);
        if (setting == null || size.isEmpty() || (size.getAsLong() >= min && size.getAsLong() <= max)) {
            return size;
        }
        problems.addValue(setting, key.expected());
        return OptionalLong.empty();
    }

    Optional<URI> address(KnownKey key, String name) {
        Setting setting = settings.get(key.key(name));
        if (setting == null) {
            problems.add(
                    originOf(key.parts().getFirst(), name),
                    "'" + key.key(name) + "' is missing: expected " + key.expected());
            return Optional.empty();
        }
        @Nullable URI address = address(setting.value());
        return address == null ? problem(setting, key) : Optional.of(address);
    }

    private static @Nullable URI address(String text) {
        try {
            URI address = new URI(text);
            return address.getScheme() == null ? null : address;
        } catch (URISyntaxException e) {
            return null;
        }
    }

    String codec(KnownKey key, String name) {
        Setting setting = settings.get(key.key(name));
        if (setting == null) {
            return RepositorySettings.DEFAULT_COMPRESSION;
        }
        try {
            Codec.parse(setting.value());
        } catch (IllegalArgumentException e) {
            problems.addValue(setting, key.expected());
        }
        return setting.value();
    }

    /** Whether it is an option of any store. An option of the wrong store is refused when the store is opened. */
    private boolean isStoreOption(SettingKey key) {
        if (!key.isRepositoryOption()) {
            return false;
        }
        String option = key.parts().getLast();
        Setting url = settings.get(KnownKey.REPOSITORY_URL.key(key.parts().get(1)));
        @Nullable URI address = url == null ? null : address(url.value());
        Optional<StoreDeclaration> store =
                address == null ? Optional.empty() : StoreDeclarations.of(address.getScheme());
        return (store.isPresent() && store.get().option(option).isPresent())
                || StoreDeclarations.option(option).isPresent();
    }

    /** The options for the store itself, unchecked: the store's declaration checks them. */
    Map<String, String> storeOptions(String name) {
        Map<String, String> options = new LinkedHashMap<>();
        for (Setting setting : settings.values()) {
            SettingKey key = setting.key();
            if (key.isRepositoryOption()
                    && key.parts().get(1).equals(name)
                    && KnownKey.of(key).isEmpty()) {
                options.put(key.parts().getLast(), setting.value());
            }
        }
        return options;
    }

    private <T> Optional<T> problem(Setting setting, KnownKey key) {
        problems.addValue(setting, key.expected());
        return Optional.empty();
    }
}
