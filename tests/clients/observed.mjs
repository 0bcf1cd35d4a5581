// What an observable says, one thing after the other. An error that ends it is the last thing that it says.
export async function* observed(subscribe) {
  const said = [];
  let wake = () => {};
  const say = (what) => {
    said.push(what);
    wake();
  };
  const subscription = subscribe({
    next: (value) => say({ value }),
    error: (error) => say({ value: Array.isArray(error) ? { errors: error } : { error } , isLast: true }),
    complete: () => say({ isLast: true }),
  });
  try {
    while (true) {
      while (!said.length) await new Promise((resolve) => (wake = resolve));
      const { value, isLast } = said.shift();
      if (value) yield value;
      if (isLast) return;
    }
  } finally {
    subscription.unsubscribe();
  }
}
