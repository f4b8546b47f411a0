// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The command line of a server in {@code postmaster.opts}: the program, then each argument in double quotes, without
 * escaping (CreateOptsFile() in src/backend/postmaster/postmaster.c). Immutable.
 */
record ServerOptions(List<String> arguments) {
    static final String FILE = "postmaster.opts";

    ServerOptions {
        arguments = List.copyOf(arguments);
    }

    static ServerOptions parse(String text) {
        int begin = text.indexOf(" \"");
        int end = text.lastIndexOf('"');
        return new ServerOptions(
                begin < 0 || end <= begin + 1
                        ? List.of()
                        : List.of(text.substring(begin + 2, end).split("\" \"", -1)));
    }

    /** The value of {@code -c name=value} or {@code --name=value}; the last one counts. */
    Optional<String> value(String name) {
        Optional<String> value = Optional.empty();
        for (String setting : settings()) {
            int equals = setting.indexOf('=');
            // ParseLongOption() reads a hyphen as an underscore.
            if (equals > 0 && setting.substring(0, equals).replace('-', '_').equalsIgnoreCase(name)) {
                value = Optional.of(setting.substring(equals + 1));
            }
        }
        return value;
    }

    private List<String> settings() {
        List<String> settings = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (argument.equals("-c") && i + 1 < arguments.size()) {
                settings.add(arguments.get(++i));
            } else if (argument.startsWith("--") || argument.startsWith("-c")) {
                settings.add(argument.substring(2));
            }
        }
        return settings;
    }

    /** The directory of the configuration ({@code -D}); the data directory may be another one. */
    Optional<String> directory() {
        Optional<String> directory = Optional.empty();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (argument.equals("-D") && i + 1 < arguments.size()) {
                directory = Optional.of(arguments.get(++i));
            } else if (argument.startsWith("-D")) {
                directory = Optional.of(argument.substring(2));
            }
        }
        return directory;
    }
}
