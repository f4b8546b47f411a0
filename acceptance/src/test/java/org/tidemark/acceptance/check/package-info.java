// SPDX-License-Identifier: Apache-2.0
/** What {@code check} and the commands that list say of situations that real servers are brought into. */
package org.tidemark.acceptance.check;
