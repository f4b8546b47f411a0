// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import org.tidemark.core.Secret;
import org.tidemark.store.StoreOption;
import org.tidemark.store.StoreOptions;

/** Reads the credentials from options, and otherwise from the variables of OpenStack's own programs. */
final class SwiftCredentialsReader {
    private static final String V3_PART = "/v3";

    private final StoreOptions options;

    private SwiftCredentialsReader(StoreOptions options) {
        this.options = options;
    }

    /** @throws IllegalArgumentException if an option is missing or not valid */
    static SwiftCredentials read(StoreOptions options) {
        return new SwiftCredentialsReader(options).credentials();
    }

    private SwiftCredentials credentials() {
        Optional<String> keystone = options.text(SwiftOptions.AUTH_URL).or(() -> options.variable("OS_AUTH_URL"));
        String text = keystone.or(() -> options.variable("ST_AUTH"))
                .orElseThrow(() -> missing(SwiftOptions.AUTH_URL, "OS_AUTH_URL (Keystone) or ST_AUTH (version 1)"));
        URI url = SwiftConfig.httpAddress(SwiftOptions.AUTH_URL, text);
        return isVersion1(url, keystone.isEmpty()) ? version1(url) : version3(url);
    }

    /** Decides by the option, otherwise by the end of the address, otherwise by the variable of the address. */
    private boolean isVersion1(URI url, boolean fromStAuth) {
        String last = url.getPath().substring(url.getPath().lastIndexOf('/') + 1);
        String fromAddress = last.matches("v[123].*") ? last.substring(1, 2) : "";
        String found = options.text(SwiftOptions.AUTH_VERSION).orElse(fromAddress);
        return switch (found) {
            case "1" -> true;
            case "3" -> false;
            case "" -> fromStAuth;
            case "2" ->
                throw StoreOptions.wrong(SwiftOptions.AUTH_URL, url.toString(), "version 3 of Keystone, or version 1");
            default -> throw StoreOptions.wrong(SwiftOptions.AUTH_VERSION, found, "1 or 3");
        };
    }

    private SwiftCredentials version1(URI url) {
        String user = given(SwiftOptions.USER, "ST_USER");
        Secret key = options.secret(SwiftOptions.PASSWORD, "ST_KEY")
                .orElseThrow(() -> missingSecret(SwiftOptions.PASSWORD, "ST_KEY"));
        // The exception of the HTTP client for an invalid header would contain the value.
        if (!isHeaderText(user)) {
            throw StoreOptions.wrong(
                    SwiftOptions.USER, user, "printable ASCII characters, because version 1 sends it in a header");
        }
        if (!isHeaderText(key.value())) {
            throw new IllegalArgumentException(
                    "the password is not valid for version 1 (expected printable ASCII characters)");
        }
        return new SwiftCredentials.V1(url, user, key);
    }

    private SwiftCredentials version3(URI url) {
        URI versioned = url.getPath().endsWith(V3_PART) ? url : URI.create(url + V3_PART);
        return new SwiftCredentials.V3(
                versioned,
                identity(),
                options.text(SwiftOptions.REGION).or(() -> options.variable("OS_REGION_NAME")),
                face());
    }

    private SwiftCredentials.Identity identity() {
        Optional<String> application = options.text(SwiftOptions.APPLICATION_CREDENTIAL_ID)
                .or(() -> options.variable("OS_APPLICATION_CREDENTIAL_ID"));
        if (application.isPresent()) {
            String name = SwiftOptions.APPLICATION_CREDENTIAL_SECRET;
            String variable = "OS_APPLICATION_CREDENTIAL_SECRET";
            return new SwiftCredentials.ApplicationCredential(
                    application.get(), options.secret(name, variable).orElseThrow(() -> missingSecret(name, variable)));
        }
        SwiftCredentials.Name userDomain =
                domain(SwiftOptions.USER_DOMAIN, "OS_USER_DOMAIN", new SwiftCredentials.Name(true, "default"));
        return new SwiftCredentials.Password(
                new SwiftCredentials.Name(false, given(SwiftOptions.USER, "OS_USERNAME")),
                userDomain,
                options.secret(SwiftOptions.PASSWORD, "OS_PASSWORD")
                        .orElseThrow(() -> missingSecret(SwiftOptions.PASSWORD, "OS_PASSWORD")),
                project(),
                domain(SwiftOptions.PROJECT_DOMAIN, "OS_PROJECT_DOMAIN", userDomain));
    }

    private SwiftCredentials.Name project() {
        Optional<String> name = options.text(SwiftOptions.PROJECT);
        Optional<String> id = options.text(SwiftOptions.PROJECT_ID);
        if (name.isPresent() && id.isPresent()) {
            throw new IllegalArgumentException("both 'project' and 'project-id' are given (expected one of them)");
        }
        if (name.isEmpty() && id.isEmpty()) {
            id = options.variable("OS_PROJECT_ID");
            name = options.variable("OS_PROJECT_NAME");
        }
        return id.isPresent()
                ? new SwiftCredentials.Name(true, id.get())
                : new SwiftCredentials.Name(
                        false, name.orElseThrow(() -> missing(SwiftOptions.PROJECT, "OS_PROJECT_NAME")));
    }

    private SwiftCredentials.Name domain(StoreOption option, String variable, SwiftCredentials.Name defaultDomain) {
        return options.text(option)
                .or(() -> options.variable(variable + "_NAME"))
                .map(name -> new SwiftCredentials.Name(false, name))
                .or(() -> options.variable(variable + "_ID").map(id -> new SwiftCredentials.Name(true, id)))
                .orElse(defaultDomain);
    }

    /** Older programs of OpenStack append URL to the value. */
    private String face() {
        String text = options.text(SwiftOptions.INTERFACE)
                .or(() -> options.variable("OS_INTERFACE"))
                .or(() -> options.variable("OS_ENDPOINT_TYPE"))
                .orElse("public");
        String face = text.toLowerCase(Locale.ROOT).replaceFirst("url$", "");
        if (!SwiftOptions.INTERFACE.values().contains(face)) {
            throw StoreOptions.wrong(SwiftOptions.INTERFACE, text, "public, internal or admin");
        }
        return face;
    }

    private String given(StoreOption option, String variable) {
        return options.text(option).or(() -> options.variable(variable)).orElseThrow(() -> missing(option, variable));
    }

    private static IllegalArgumentException missing(StoreOption option, String variable) {
        return new IllegalArgumentException(
                "no '" + option + "' is given (expected the option, or " + variable + " in the environment)");
    }

    private static IllegalArgumentException missingSecret(String name, String variable) {
        return new IllegalArgumentException("no '" + name + "' is given (expected '" + name + "-file', '" + name
                + "-command', or " + variable + " in the environment)");
    }

    private static boolean isHeaderText(String text) {
        return text.chars().allMatch(c -> c >= 0x20 && c <= 0x7E);
    }
}
