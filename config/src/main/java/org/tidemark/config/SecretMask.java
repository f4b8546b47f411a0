// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

    private SecretMask() {}

    /**
     * A value as it may be shown: a password within a connection string or an address, and a private key, is replaced
     * by stars.
     */
    public static String shown(SettingKey key, String value) {
        String last = key.parts().isEmpty() ? "" : key.parts().getLast();
        boolean mayHavePassword = last.equals("conninfo")
                || last.equals("url")
                || StoreDeclarations.option(last).filter(StoreOption::secret).isPresent();
        return mayHavePassword ? masked(value) : PRIVATE_KEY.matcher(value).replaceAll(MASK);
    }

    /** Whether a connection string or an address holds a password. */
    public static boolean hasSecret(String text) {
        return !masked(text).equals(text);
    }

    static String masked(String text) {
        String masked = KEYWORD.matcher(text).replaceAll("$1$2" + Matcher.quoteReplacement(MASK));
        masked = USER_INFORMATION.matcher(masked).replaceAll("$1:" + Matcher.quoteReplacement(MASK) + "@");
        return QUERY.matcher(masked).replaceAll("$1=" + Matcher.quoteReplacement(MASK));
    }
}
