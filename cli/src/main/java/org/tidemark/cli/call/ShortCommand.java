// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.call;

import org.tidemark.store.BoundedCall;

/** A command that reads or writes little and then ends: see {@link BoundedCall#processEndsSoon}. */
public interface ShortCommand {}
