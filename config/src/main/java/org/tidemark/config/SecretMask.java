// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.tidemark.config.Setting.SettingKey;
import org.tidemark.store.StoreOption;

/** Hides secrets in output. */
public final class SecretMask {
    private static final String MASK = "********";
    // The value of a libpq keyword: quoted, with backslashes before quotes, or up to the next space.
    private static final Pattern KEYWORD = Pattern.compile(
            "(?i)(?<![?&\\w])((?:ssl)?password|oauth_client_secret)(\\s*=\\s*)('(?:\\\\.|[^'\\\\])*'?|(?:\\\\.|\\S)*)");
    private static final Pattern USER_INFORMATION = Pattern.compile("(://[^:/@?]*):.*@");
    // A private key, written by mistake where a public key belongs.
    private static final Pattern PRIVATE_KEY = Pattern.compile("(?i)AGE-SECRET-KEY-[0-9A-Z-]*");
    private static final Pattern QUERY = Pattern.compile("(?i)([?&](?:ssl)?password)=[^&]*");

    private static final Pattern SECRET_VARIABLE =
            Pattern.compile("(?i)PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|(?<![A-Z])SAS(?![A-Z])|_KEY$");

    /** Of notifications: everybody who knows such an address may send there. */
    private static final Set<String> SECRET_ADDRESSES = Set.of("webhook", "heartbeat");

    /** Such an address in a line of a file. */
    private static final Pattern SECRET_ADDRESS =
            Pattern.compile("(\\b(?:webhook|heartbeat)[\"']?\\s*=\\s*[\"']?)https?://[^\"'\\s]*");

    private SecretMask() {}

    /**
     * A value as it may be shown: a password within a connection string or an address, and a private key, is replaced
     * by stars.
     */
    public static String shown(SettingKey key, String value) {
        String last = key.parts().isEmpty() ? "" : key.parts().getLast();
        if (isSecretAddress(key, value)) {
            return MASK;
        }
        boolean mayHavePassword = last.equals("conninfo")
                || last.equals("url")
                || last.equals("mail-server")
                || StoreDeclarations.option(last).filter(StoreOption::secret).isPresent();
        return mayHavePassword ? masked(value) : PRIVATE_KEY.matcher(value).replaceAll(MASK);
    }

    /** Whether a value is an address that is a secret as a whole. */
    public static boolean isSecretAddress(SettingKey key, String value) {
        return key.parts().size() == 3
                && key.parts().getFirst().equals("notify")
                && SECRET_ADDRESSES.contains(key.parts().getLast())
                && !value.startsWith("/");
    }

    /** Whether a connection string or an address holds a password. */
    public static boolean hasSecret(String text) {
        return !masked(text).equals(text);
    }

    /** Whether a text was shown with its secret hidden. */
    public static boolean isMasked(String text) {
        return text.contains(MASK);
    }

    /** A line of the configuration, which may have more than one setting. */
    public static String shownLine(String line) {
        String shown = PRIVATE_KEY.matcher(masked(line)).replaceAll(MASK);
        return SECRET_ADDRESS.matcher(shown).replaceAll("$1" + Matcher.quoteReplacement(MASK));
    }

    static String masked(String text) {
        String masked = KEYWORD.matcher(text).replaceAll("$1$2" + Matcher.quoteReplacement(MASK));
        masked = USER_INFORMATION.matcher(masked).replaceAll("$1:" + Matcher.quoteReplacement(MASK) + "@");
        return QUERY.matcher(masked).replaceAll("$1=" + Matcher.quoteReplacement(MASK));
    }

    /** Masks whole texts, such as what commands have printed. */
    public static Texts of(List<Setting> settings, Environment environment) {
        Set<String> secrets = new HashSet<>();
        for (Setting setting : settings) {
            // A command may hold the secret that it prints, although it should not.
            if (setting.key().parts().getLast().endsWith("command")) {
                secrets.add(setting.value());
            }
            if (isSecretAddress(setting.key(), setting.value())) {
                secrets.add(setting.value());
            }
            secretsOf(setting.value()).forEach(secrets::add);
        }
        environment.variables().forEach((name, value) -> {
            if (SECRET_VARIABLE.matcher(name).find() && !value.startsWith("/")) {
                secrets.add(value);
            }
        });
        return new Texts(secrets);
    }

    private static Stream<String> secretsOf(String value) {
        return Stream.concat(
                        KEYWORD.matcher(value)
                                .results()
                                .map(found -> found.group(3).replaceAll("^'|'$", "")),
                        USER_INFORMATION
                                .matcher(value)
                                .results()
                                .map(found -> found.group()
                                        .substring(
                                                found.group(1).length() + 1,
                                                found.group().length() - 1)))
                .filter(secret -> !secret.isEmpty());
    }

    /**
     * Masks texts: secrets that are known, and everything that looks like one. Immutable.
     *
     * @param secrets that occur in the configuration and in the environment
     */
    public record Texts(Set<String> secrets) {
        /** A shorter one would hide half of the text. */
        private static final int SHORTEST = 4;

        public Texts {
            secrets = Set.copyOf(secrets);
        }

        public String masked(String text) {
            String masked = text;
            List<String> longestFirst = secrets.stream()
                    .filter(secret -> secret.length() >= SHORTEST)
                    .sorted(Comparator.comparingInt(String::length).reversed())
                    .toList();
            for (String secret : longestFirst) {
                masked = masked.replace(secret, MASK)
                        .replace(secret.replace("\\", "\\\\").replace("\"", "\\\""), MASK);
            }
            StringBuilder lines = new StringBuilder(masked.length());
            for (String line : masked.split("(?<=\n)", -1)) {
                lines.append(shownLine(line));
            }
            return lines.toString();
        }
    }
}
