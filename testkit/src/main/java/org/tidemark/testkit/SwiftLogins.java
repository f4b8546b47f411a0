// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.util.List;

/** Who gives the tokens of a {@link SwiftServer}. */
public sealed interface SwiftLogins {
    /**
     * Swift's own tempauth, the login of version 1.
     *
     * @param users as its configuration has them: {@code user_ACCOUNT_NAME = KEY [GROUP …]}
     */
    record Tempauth(List<String> users) implements SwiftLogins {
        public Tempauth {
            users = List.copyOf(users);
        }
    }

    /** Keystone, version 3. */
    record Keystone(KeystoneServer server) implements SwiftLogins {}
}
