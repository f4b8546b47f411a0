// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.Optional;
import org.tidemark.store.StoreOption;

/** How a value is written in a document such as JSON. */
public enum ValueForm {
    LIST,
    NUMBER,
    BOOLEAN,
    TEXT;

    /** Of the values of a key. */
    public static ValueForm of(SettingKey key) {
        Optional<KnownKey> known = KnownKey.of(key);
        if (known.isPresent()) {
            return known.get().isList() ? LIST : known.get().isNumber() ? NUMBER : TEXT;
        }
        Optional<StoreOption> option =
                key.isRepositoryOption() ? StoreDeclarations.option(key.parts().getLast()) : Optional.empty();
        return switch (option.map(StoreOption::type).orElse(StoreOption.Type.TEXT)) {
            case NUMBER -> NUMBER;
            case FLAG -> BOOLEAN;
            case TEXT, CHOICE, DURATION, SIZE, PATH, ADDRESS -> TEXT;
        };
    }
}
